import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("NonCoherentRegion")
struct NonCoherentRegionTests {
  private static func region(_ caches: DeferredCaches) -> NonCoherentRegion<DeferredCaches> {
    unsafe NonCoherentRegion(
      base: caches.cpu.base, deviceAddress: DeviceAddress(rawValue: 0x8000),
      byteCount: caches.cpu.byteCount, caches: caches)
  }

  @Test("S9: a load finds what the device has written a moment ago")
  func loads() {
    let caches = DeferredCaches(byteCount: 1024)
    let region = Self.region(caches)
    caches.device.store(0x1122 as UInt16, at: 2)
    caches.device.store(0x3344_5566 as UInt32, at: 132)
    caches.device.store(0x7788 as UInt16, at: 514)
    #expect(region.load16(uncheckedAt: 2) == 0x1122)
    #expect(region.load32(uncheckedAt: 132) == 0x3344_5566)
    caches.clear()
    #expect(region.loadAcquiring16(uncheckedAt: 514) == 0x7788)
    // The second one holds back maintenance that comes later.
    #expect(caches.operations == [.invalidate(514, byteCount: 2), .synchronize, .synchronize])
  }

  @Test(
    "S9: what was stored is in the device's memory before the index is, and both behind a barrier")
  func stores() {
    let caches = DeferredCaches(byteCount: 1024)
    let region = Self.region(caches)
    region.store64(0x0102_0304_0506_0708, uncheckedAt: 8)
    region.store32(0x090a_0b0c, uncheckedAt: 264)
    region.store16(0x0d0e, uncheckedAt: 520)
    region.storeReleasing16(0x0f10, uncheckedAt: 770)
    #expect(
      caches.operations == [
        .clean(8, byteCount: 8), .clean(264, byteCount: 4), .clean(520, byteCount: 2),
        .synchronize, .clean(770, byteCount: 2),
      ])
    #expect(caches.device.load(UInt64.self, at: 8) == 0x0102_0304_0506_0708)
    #expect(caches.device.load(UInt32.self, at: 264) == 0x090a_0b0c)
    #expect(caches.device.load(UInt16.self, at: 520) == 0x0d0e)
    #expect(caches.device.load(UInt16.self, at: 770) == 0)
    region.fullBarrier()
    #expect(caches.device.load(UInt16.self, at: 770) == 0x0f10)
  }

  @Test("S9: ranges are cleaned for a device that reads, cleaned and dropped for one that writes")
  func ranges() {
    let caches = DeferredCaches(byteCount: 1024)
    let region = Self.region(caches)
    region.prepareForDeviceReads(uncheckedAt: 1, byteCount: 3)
    region.prepareForDeviceWrites(uncheckedAt: 128, byteCount: 24)
    region.prepareForCPUReads(uncheckedAt: 256, byteCount: 24)
    #expect(
      caches.operations == [
        .clean(1, byteCount: 3), .cleanAndInvalidate(128, byteCount: 24),
        .invalidate(256, byteCount: 24), .synchronize,
      ])
    #expect(type(of: region).lineByteCount == 128 && CoherentRegion.lineByteCount == 1)
  }

  @Test("S9: a buffer is whole lines, and leaves nothing of its zeroes in the caches")
  func buffer() throws {
    let platform = LinePlatform()
    let buffer = try DMABuffer(byteCount: 130, alignment: 16, from: platform)
    #expect(platform.caches.cpu.byteCount == 256)
    #expect(buffer.byteCount == 256 && buffer.deviceAddress.rawValue % 128 == 0)
    #expect(platform.caches.operations == [.cleanAndInvalidate(0, byteCount: 256)])
    let error = failure { () throws(AllocationFailure) in
      try DMABuffer(byteCount: .max - 100, alignment: 16, from: platform)
    }
    #expect(error?.byteCount == .max - 100)
    buffer.free(to: platform)
  }

  /// Hands out one piece of memory.
  private final class LinePlatform: Platform {
    let caches = DeferredCaches(byteCount: 256)
    var now: Nanoseconds { Nanoseconds(rawValue: 0) }

    func allocate(byteCount: Int, alignment: Int) -> NonCoherentRegion<DeferredCaches>? {
      guard byteCount == 256, alignment == 128 else { return nil }
      return NonCoherentRegionTests.region(caches)
    }
    func free(_ region: NonCoherentRegion<DeferredCaches>) {}
  }
}
