import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("DMABuffer")
struct DMABufferTests {
  @Test("CPU and device see the same bytes, each at its own address")
  func sharing() throws {
    let platform = TestPlatform()
    var buffer = try DMABuffer(byteCount: 100, alignment: 64, from: platform)
    #expect(buffer.byteCount == 100 && buffer.deviceAddress.rawValue % 64 == 0)
    var bytes = buffer.mutableBytes
    bytes.storeBytes(of: 0x1122_3344, toByteOffset: 96, as: UInt32.self)
    let view = try #require(platform.memory.view(at: buffer.deviceAddress, byteCount: 100))
    #expect(view.load(UInt32.self, at: 96) == 0x1122_3344)
    view.store(UInt16(0x5566), at: 2)
    #expect(buffer.bytes.wire(LE16.self, at: 2)?.value == 0x5566)
    #expect(buffer.bytes.byteCount == 100)
    buffer.free(to: platform)
    #expect(platform.isBalanced)
  }

  @Test("an allocation that fails says how much was asked for")
  func allocationFailure() {
    let platform = TestPlatform()
    platform.failingAllocation = 0
    let error = failure {
      () throws(AllocationFailure) in
      try DMABuffer(byteCount: 4096, alignment: 4096, from: platform)
    }
    #expect(error?.byteCount == 4096)
  }

  @Test("a buffer that is dropped is lost, not given back")
  func dropped() throws {
    let platform = TestPlatform()
    do { _ = try DMABuffer(byteCount: 64, alignment: 64, from: platform) }
    #expect(platform.memory.liveByteCount == 64)
  }

  @Test("a device address moves by bytes, and wraps rather than traps")
  func addresses() {
    let address = DeviceAddress(rawValue: 0x4000_0000)
    #expect(address.advanced(by: 0x123).rawValue == 0x4000_0123)
    #expect(DeviceAddress(rawValue: .max).advanced(by: 1).rawValue == 0)
  }

  @Test("shared memory is little-endian, in single accesses of the width asked for")
  func scalars() throws {
    let memory = MemoryView(allocating: 32, alignment: 16)
    let region = unsafe CoherentRegion(
      base: memory.base, deviceAddress: DeviceAddress(rawValue: 0), byteCount: 32)
    region.store16(0x1122, uncheckedAt: 2)
    region.store32(0x3344_5566, uncheckedAt: 4)
    region.store64(0x0102_0304_0506_0708, uncheckedAt: 8)
    region.storeReleasing16(0x7788, uncheckedAt: 16)
    let expected: [UInt8] = [
      0, 0, 0x22, 0x11, 0x66, 0x55, 0x44, 0x33, 8, 7, 6, 5, 4, 3, 2, 1, 0x88, 0x77,
    ]
    #expect(Array(memory.bytes.prefix(18)) == expected)
    #expect(region.load16(uncheckedAt: 2) == 0x1122)
    #expect(region.load32(uncheckedAt: 4) == 0x3344_5566)
    #expect(region.loadAcquiring16(uncheckedAt: 16) == 0x7788)
  }
}
