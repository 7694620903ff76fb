/// A range of memory as a device sees it: bounds-checked, little-endian.
@safe
package struct MemoryView: @unchecked Sendable {
  package let base: UnsafeMutableRawPointer
  package let byteCount: Int

  private init(base: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe self.base = base
    self.byteCount = byteCount
  }

  /// Takes zeroed memory and never gives it back, so that no view can outlive it.
  package init(allocating byteCount: Int, alignment: Int) {
    unsafe base = .allocate(byteCount: byteCount, alignment: alignment)
    self.byteCount = byteCount
    fill(0)
  }

  package func fill(_ byte: UInt8) {
    _ = unsafe base.initializeMemory(as: UInt8.self, repeating: byte, count: byteCount)
  }

  package func part(at offset: Int, byteCount part: Int) -> MemoryView {
    precondition(offset >= 0 && part >= 0 && offset <= byteCount && part <= byteCount - offset)
    return unsafe MemoryView(base: base + offset, byteCount: part)
  }

  package func load<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self, at offset: Int
  ) -> Value {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount)
    return unsafe Value(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: type))
  }

  package func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount)
    unsafe base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
  }

  /// All bytes.
  package var bytes: [UInt8] {
    (0..<byteCount).map { load(UInt8.self, at: $0) }
  }
}
