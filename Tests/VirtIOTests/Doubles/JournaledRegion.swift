package import VirtIO

/// Coherent memory whose scalar accesses can be noted in a ``Journal``.
@safe
package struct JournaledRegion: DMARegion {
  private let memory: CoherentRegion
  private let journal: Journal

  init(_ memory: CoherentRegion, journal: Journal) {
    self.memory = memory
    self.journal = journal
  }

  package var base: UnsafeMutableRawPointer { unsafe memory.base }
  package var deviceAddress: DeviceAddress { memory.deviceAddress }
  package var byteCount: Int { memory.byteCount }

  private func address(_ offset: Int) -> DeviceAddress { deviceAddress.advanced(by: offset) }

  package func loadAcquiring16(uncheckedAt offset: Int) -> UInt16 {
    journal.noteMemory(.loadAcquiring(address(offset)))
    return memory.loadAcquiring16(uncheckedAt: offset)
  }

  package func loadAcquiring64(uncheckedAt offset: Int) -> UInt64 {
    journal.noteMemory(.loadAcquiring(address(offset)))
    return memory.loadAcquiring64(uncheckedAt: offset)
  }

  package func storeReleasing16(_ value: UInt16, uncheckedAt offset: Int) {
    journal.noteMemory(.storeReleasing(address(offset), UInt64(value)))
    memory.storeReleasing16(value, uncheckedAt: offset)
  }

  package func storeReleasing64(_ value: UInt64, uncheckedAt offset: Int) {
    journal.noteMemory(.storeReleasing(address(offset), value))
    memory.storeReleasing64(value, uncheckedAt: offset)
  }

  package func load16(uncheckedAt offset: Int) -> UInt16 {
    journal.noteMemory(.load(address(offset), byteCount: 2))
    return memory.load16(uncheckedAt: offset)
  }

  package func load32(uncheckedAt offset: Int) -> UInt32 {
    journal.noteMemory(.load(address(offset), byteCount: 4))
    return memory.load32(uncheckedAt: offset)
  }

  package func load64(uncheckedAt offset: Int) -> UInt64 {
    journal.noteMemory(.load(address(offset), byteCount: 8))
    return memory.load64(uncheckedAt: offset)
  }

  package func store16(_ value: UInt16, uncheckedAt offset: Int) {
    journal.noteMemory(.store(address(offset), UInt64(value), byteCount: 2))
    memory.store16(value, uncheckedAt: offset)
  }

  package func store32(_ value: UInt32, uncheckedAt offset: Int) {
    journal.noteMemory(.store(address(offset), UInt64(value), byteCount: 4))
    memory.store32(value, uncheckedAt: offset)
  }

  package func store64(_ value: UInt64, uncheckedAt offset: Int) {
    journal.noteMemory(.store(address(offset), value, byteCount: 8))
    memory.store64(value, uncheckedAt: offset)
  }

  package func fullBarrier() {
    journal.noteMemory(.fullBarrier)
    memory.fullBarrier()
  }

  package static var lineByteCount: Int { CoherentRegion.lineByteCount }
  package func prepareForDeviceReads(uncheckedAt offset: Int, byteCount: Int) {}
  package func prepareForDeviceWrites(uncheckedAt offset: Int, byteCount: Int) {}
  package func prepareForCPUReads(uncheckedAt offset: Int, byteCount: Int) {}
}
