/// A token of the structure block, with what belongs to it.
///
/// - Spec: Devicetree 0.4 §5.4.1 "Lexical structure"
struct DeviceTreeToken {
  struct Kind: RawRepresentable, Equatable {
    let rawValue: UInt32

    static var beginNode: Self { Self(rawValue: 1) }
    static var endNode: Self { Self(rawValue: 2) }
    static var property: Self { Self(rawValue: 3) }
    static var nop: Self { Self(rawValue: 4) }
    static var end: Self { Self(rawValue: 9) }
  }

  var kind: Kind

  /// Where the token lies.
  var offset: UInt32

  /// Where the next token lies; 0 if this one is not whole.
  var end: UInt32

  /// How many bytes the value of a property has.
  ///
  /// It follows the token and two words.
  var valueByteCount: UInt32

  var value: DeviceTreeValue {
    DeviceTreeValue(offset: offset &+ 12, byteCount: valueByteCount)
  }
}

extension DeviceTree {
  /// The first token at or after `offset` that is not NOP: one with `end` 0 and no value if it runs out of
  /// the block.
  @inline(never)
  func token(at offset: UInt32) -> DeviceTreeToken {
    // The header may say something else by now.
    let limit = min(structureEnd, bytes.count)
    var start = Int(offset)
    while start < limit, bytes.word(at: start) == DeviceTreeToken.Kind.nop.rawValue { start &+= 4 }
    var token = DeviceTreeToken(
      kind: .init(rawValue: bytes.word(at: start)), offset: UInt32(truncatingIfNeeded: start),
      end: 0, valueByteCount: 0)
    var end = start &+ 4
    if token.kind == .beginNode {
      while end < limit, bytes.byte(at: end) != 0 { end &+= 1 }
      end &+= 1
    } else if token.kind == .property {
      token.valueByteCount = bytes.word(at: end)
      end &+= 8 &+ Int(token.valueByteCount)
    }
    end = (end &+ 3) & ~3
    guard end <= limit else {
      token.valueByteCount = 0
      return token
    }
    token.end = UInt32(truncatingIfNeeded: end)
    return token
  }
}
