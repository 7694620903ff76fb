import Testing
import VirtIO

@testable import VirtIOTesting

/// Bad drivers of a device that does not snoop the caches.
@Suite struct DMARuleTests {
  /// A machine with lines of 64 bytes, and memory of two lines that nothing of is in the caches.
  private func makeMemory() throws -> (ModelMachine, NonCoherentRegion<ModelCaches<64>>) {
    var configuration = ModelConfiguration()
    configuration.caches = ModelCacheShape(lineByteCount: 64)
    let machine = ModelMachine(configuration)
    let region = try #require(
      NonCoherentModelPlatform<64>(machine).allocate(byteCount: 128, alignment: 64))
    region.prepareForDeviceWrites(uncheckedAt: 0, byteCount: 128)
    region.fullBarrier()
    return (machine, region)
  }

  private func store(_ value: UInt8, _ region: NonCoherentRegion<ModelCaches<64>>, at offset: Int) {
    // SAFETY: the region is two lines long.
    unsafe region.base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
  }

  @Test("MODEL-DMA-1: the device reads what is still in the caches") func read() throws {
    let (machine, region) = try makeMemory()
    store(1, region, at: 3)
    let address = region.deviceAddress.rawValue
    machine.withCore { _ = $0.memory.load(address &+ 4, 4) }
    #expect(machine.violations.isEmpty, "another byte of the same line")
    region.prepareForDeviceReads(uncheckedAt: 0, byteCount: 4)
    machine.withCore { _ = $0.memory.load(address, 4) }
    #expect(machine.violations.map(\.id) == ["MODEL-DMA-1"], "not synchronized")
    region.fullBarrier()
    #expect(machine.withCore { $0.memory.load(address, 4) } == 1 << 24)
    #expect(machine.violations.count == 1)
  }

  @Test("MODEL-DMA-2: the device writes to a line that the driver has stored to") func write()
    throws
  {
    let (machine, region) = try makeMemory()
    store(1, region, at: 3)
    let address = region.deviceAddress.rawValue
    machine.withCore { $0.memory.store(7, address &+ 64, 4) }
    #expect(machine.violations.isEmpty, "another line")
    machine.withCore { $0.memory.store(7, address &+ 60, 4) }
    #expect(machine.violations.map(\.id) == ["MODEL-DMA-2"])
  }

  @Test("MODEL-DMA-3: a line is invalidated that the driver has stored to") func invalidate() throws
  {
    let (machine, region) = try makeMemory()
    store(1, region, at: 3)
    region.prepareForCPUReads(uncheckedAt: 8, byteCount: 4)
    #expect(machine.violations.map(\.id) == ["MODEL-DMA-3"])
  }

  @Test("MODEL-DMA-4: a line is written back that the device has written since") func stale() throws
  {
    let (machine, region) = try makeMemory()
    let address = region.deviceAddress.rawValue
    machine.withCore { $0.memory.store(7, address &+ 60, 4) }
    store(1, region, at: 3)
    region.prepareForDeviceReads(uncheckedAt: 3, byteCount: 1)
    region.fullBarrier()
    #expect(machine.violations.map(\.id) == ["MODEL-DMA-4"])
    #expect(
      machine.withCore { $0.memory.load(address &+ 60, 4) } == 0, "the device's store is lost")
  }

  @Test("MODEL-MEM-1: maintenance of what is not the driver's") func outside() throws {
    let (machine, region) = try makeMemory()
    let caches = ModelCaches<64>(machine: machine)
    caches.clean(address: unsafe UInt(bitPattern: region.base) &+ 120, byteCount: 16)
    #expect(machine.violations.map(\.id) == ["MODEL-MEM-1"])
  }
}
