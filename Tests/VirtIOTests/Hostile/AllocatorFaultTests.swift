import Testing
import VirtIO

/// Platforms that hand out other memory than was asked for, by the ids of the catalogue of hostile devices.
@Suite("Hostile allocators") struct AllocatorFaultTests {
  /// A platform whose memory is not what it should be.
  private struct Careless: Platform {
    /// How far its addresses are beside where they should be, for the CPU and for the device.
    var skew = (cpu: 0, device: 0)
    /// How many bytes are missing.
    var missing = 0
    /// Whether the device's addresses would run past the last there is.
    var wraps = false

    func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
      // Never given back: these are few, and whoever finds fault with a region has to leave it alone.
      let memory = UnsafeMutableRawPointer.allocate(byteCount: byteCount + 64, alignment: 4096)
      unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount + 64)
      let place: UInt64 = wraps ? .max & ~0xfff : 0x4000_0000
      return unsafe CoherentRegion(
        base: memory + skew.cpu,
        deviceAddress: DeviceAddress(rawValue: place + UInt64(skew.device)),
        byteCount: byteCount - missing)
    }

    func free(_ region: CoherentRegion) {}
    var now: Nanoseconds { Nanoseconds(rawValue: 0) }
  }

  private func isTaken(_ platform: Careless) -> Bool {
    do throws(AllocationFailure) {
      _ = try DMABuffer(byteCount: 8192, alignment: 4096, from: platform)
      return true
    } catch {
      return false
    }
  }

  @Test("M06: memory that is not aligned, too short, or runs past the last address is not used")
  func careless() {
    #expect(isTaken(Careless()))
    #expect(!isTaken(Careless(skew: (16, 0))))
    #expect(!isTaken(Careless(skew: (0, 16))))
    #expect(!isTaken(Careless(skew: (0, 2048))))
    #expect(!isTaken(Careless(missing: 1)))
    #expect(!isTaken(Careless(missing: 8192)))
    #expect(!isTaken(Careless(wraps: true)))
  }

  @Test(
    "M05: memory where a device of 32 bits cannot reach it is for the platform to refuse: then it is an error"
  )
  func outOfReach() {
    struct Narrow: Platform {
      func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? { nil }
      func free(_ region: CoherentRegion) {}
      var now: Nanoseconds { Nanoseconds(rawValue: 0) }
    }
    #expect(throws: AllocationFailure.self) {
      let buffer = try DMABuffer(byteCount: 4096, alignment: 4096, from: Narrow())
      return buffer.byteCount
    }
  }
}
