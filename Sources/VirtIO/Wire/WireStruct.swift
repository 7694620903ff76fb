/// A structure that lies in shared memory exactly as the specification draws it.
///
/// A conforming type promises that it has no hidden padding (each pad is a field) and that every
/// bit pattern is a valid value of it: so only integers, ``LittleEndian`` and further wire
/// structures may be its fields. Its layout is tested field by field.
public protocol WireStruct: BitwiseCopyable {}

extension LittleEndian: WireStruct {}

extension RawSpan {
  /// Copies out the wire structure that starts at `offset`, or nothing if it would pass the end.
  ///
  /// The copy is made once, so that what is judged afterwards cannot change any more.
  public func wire<Value: WireStruct>(_ type: Value.Type, at offset: Int = 0) -> Value? {
    guard offset >= 0, offset <= byteCount, byteCount &- offset >= MemoryLayout<Value>.size else {
      return nil
    }
    // SAFETY: the bounds were checked above, and any bit pattern is a valid `Value`.
    return unsafe unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Value.self)
  }
}

extension RawSpan {
  /// The bytes from `offset` on, so many of them; none if they would pass the end.
  @_lifetime(copy self)
  public func part(at offset: Int, byteCount: Int) -> RawSpan {
    let isInside =
      offset >= 0 && byteCount >= 0 && offset <= self.byteCount
      && self.byteCount &- offset >= byteCount
    return extracting(droppingFirst: isInside ? offset : 0).extracting(
      first: isInside ? byteCount : 0)
  }
}

extension MutableRawSpan {
  /// Stores a wire structure so that it starts at `offset`. One that would pass the end, which debug builds
  /// report, is not stored.
  @_lifetime(self: copy self)
  @inline(__always)
  public mutating func store<Value: WireStruct>(_ value: Value, at offset: Int) {
    let fits =
      offset >= 0 && offset <= byteCount && byteCount &- offset >= MemoryLayout<Value>.size
    assert(fits, "a structure lies inside its memory")
    if fits { storeBytes(of: value, toByteOffset: offset, as: Value.self) }
  }
}
