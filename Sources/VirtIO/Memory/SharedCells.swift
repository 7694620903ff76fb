internal import Synchronization

/// Memory as atomic cells: the accesses that all kinds of ``DMARegion`` have in common.
///
/// Each is one load or store, never torn, never repeated, never left out.
@safe
struct SharedCells: @unchecked Sendable {
  /// Valid for ``byteCount`` bytes.
  let base: UnsafeMutableRawPointer
  let byteCount: Int

  init(base: UnsafeMutableRawPointer, byteCount: Int) {
    unsafe self.base = base
    self.byteCount = byteCount
  }

  private func cell<Value: FixedWidthInteger & AtomicRepresentable>(
    _ offset: Int, as type: Value.Type
  ) -> UnsafeMutablePointer<Atomic<Value>> {
    assert(offset >= 0 && offset + MemoryLayout<Value>.size <= byteCount)
    assert(offset & (MemoryLayout<Value>.size - 1) == 0)
    // SAFETY: an `Atomic` is laid out as its value; this memory is only ever accessed as integers.
    return unsafe (base + offset).assumingMemoryBound(to: Atomic<Value>.self)
  }

  /// Loads with `ldarh`.
  func loadAcquiring16(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: unsafe cell(offset, as: UInt16.self).pointee.load(ordering: .acquiring))
  }

  /// Loads with `ldar`.
  func loadAcquiring64(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe cell(offset, as: UInt64.self).pointee.load(ordering: .acquiring))
  }

  /// Stores with `stlrh`.
  func storeReleasing16(_ value: UInt16, _ offset: Int) {
    unsafe cell(offset, as: UInt16.self).pointee.store(value.littleEndian, ordering: .releasing)
  }

  /// Stores with `stlr`.
  func storeReleasing64(_ value: UInt64, _ offset: Int) {
    unsafe cell(offset, as: UInt64.self).pointee.store(value.littleEndian, ordering: .releasing)
  }

  func load16(_ offset: Int) -> UInt16 {
    UInt16(littleEndian: unsafe cell(offset, as: UInt16.self).pointee.load(ordering: .relaxed))
  }

  func load32(_ offset: Int) -> UInt32 {
    UInt32(littleEndian: unsafe cell(offset, as: UInt32.self).pointee.load(ordering: .relaxed))
  }

  func load64(_ offset: Int) -> UInt64 {
    UInt64(littleEndian: unsafe cell(offset, as: UInt64.self).pointee.load(ordering: .relaxed))
  }

  func store16(_ value: UInt16, _ offset: Int) {
    unsafe cell(offset, as: UInt16.self).pointee.store(value.littleEndian, ordering: .relaxed)
  }

  func store32(_ value: UInt32, _ offset: Int) {
    unsafe cell(offset, as: UInt32.self).pointee.store(value.littleEndian, ordering: .relaxed)
  }

  func store64(_ value: UInt64, _ offset: Int) {
    unsafe cell(offset, as: UInt64.self).pointee.store(value.littleEndian, ordering: .relaxed)
  }
}
