/// Where a property's value lies in its ``DeviceTree``.
///
/// A small value that outlives the tree; use it only with the tree it came from.
public struct DeviceTreeValue: BitwiseCopyable, Equatable, Sendable {
  /// Where the value starts, in bytes from the start of the tree.
  public let offset: UInt32

  /// How many bytes it has.
  public let byteCount: UInt32

  /// The value of a property that is not there.
  static var none: Self { Self(offset: 0, byteCount: 0) }

  /// Whether there is such a property: its value may still be empty.
  public var isPresent: Bool { offset != 0 }

  var start: Int { Int(offset) }
  var end: Int { Int(offset) &+ Int(byteCount) }
}

/// A property of a node: where it lies in its ``DeviceTree``.
public struct DeviceTreeProperty: BitwiseCopyable, Equatable, Sendable {
  /// Where the property starts, in bytes from the start of the tree.
  public let offset: UInt32

  /// What it says.
  public let value: DeviceTreeValue
}

extension DeviceTree {
  /// The property of `node` that follows `property`, or its first one if that is `nil`; `nil`
  /// after the last.
  public func property(
    after property: DeviceTreeProperty?, of node: DeviceTreeNode
  ) -> DeviceTreeProperty? {
    let last = token(at: property?.offset ?? node.offset)
    let next = token(at: last.end)
    guard next.kind == .property, next.end > last.offset else { return nil }
    return DeviceTreeProperty(offset: next.offset, value: next.value)
  }

  #if !hasFeature(Embedded)
  /// Whether the property has this name.
  public func isNamed(_ name: DeviceTreeName, _ property: DeviceTreeProperty) -> Bool {
    isNamed(name.bytes, property.offset)
  }
  #endif

  private func isNamed(_ name: Span<UInt8>, _ offset: UInt32) -> Bool {
    bytes.byte(
      after: name, at: stringsStart &+ Int(bytes.word(at: Int(offset) &+ 8)), end: stringsEnd) == 0
  }

  #if !hasFeature(Embedded)
  /// The value of the property with this name, or `nil` if the node has none.
  ///
  /// Takes time linear in the properties of `node`.
  @inline(never)
  public func property(_ name: DeviceTreeName, of node: DeviceTreeNode) -> DeviceTreeValue? {
    property(name.bytes, of: node)
  }
  #endif

  @inline(never)
  func property(_ name: Span<UInt8>, of node: DeviceTreeNode) -> DeviceTreeValue? {
    var last = token(at: node.offset)
    while true {
      let next = token(at: last.end)
      guard next.kind == .property, next.end > last.offset else { return nil }
      if isNamed(name, next.offset) { return next.value }
      last = next
    }
  }

  /// The bytes of a value.
  @_lifetime(copy self)
  public func bytes(of value: DeviceTreeValue) -> Span<UInt8> {
    bytes.extracting(min(value.start, bytes.count)..<min(value.end, bytes.count))
  }

  /// The first string of a value, without its terminator; all bytes if there is none.
  @_lifetime(copy self)
  public func text(of value: DeviceTreeValue) -> Span<UInt8> {
    bytes(of: value).prefix(until: 0)
  }

  /// The 32-bit cell at `index` of a value, or `nil` past its end.
  public func cell(at index: Int, of value: DeviceTreeValue) -> UInt32? {
    guard index >= 0, index < Int(value.byteCount) / 4 else { return nil }
    return bytes.word(at: value.start &+ index &* 4)
  }

  #if !hasFeature(Embedded)
  /// Whether one of the terminated strings of a value is `text`, or starts with it if
  /// `allowingSuffix`.
  ///
  /// - Spec: Devicetree 0.4 §2.2.4 "Properties", `<stringlist>`
  public func list(
    _ value: DeviceTreeValue, contains text: DeviceTreeName, allowingSuffix: Bool = false
  ) -> Bool {
    list(value, contains: text.bytes, allowingSuffix: allowingSuffix)
  }
  #endif

  @inline(never)
  func list(_ value: DeviceTreeValue, contains name: Span<UInt8>, allowingSuffix: Bool) -> Bool {
    var isStart = true
    var offset = value.start
    while offset < value.end {
      if isStart, let next = bytes.byte(after: name, at: offset, end: value.end),
        next == 0 || allowingSuffix
      {
        return true
      }
      isStart = bytes.byte(at: offset) == 0
      offset &+= 1
    }
    return false
  }
}
