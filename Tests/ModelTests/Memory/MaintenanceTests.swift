import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI

@testable import VirtIOTesting

/// Each kind of maintenance that the driver does is needed: without it, the model notices.
@Suite struct MaintenanceTests {
  /// What is left out, and what was asked for.
  private final class Omission: @unchecked Sendable {
    let omitted: String?
    var seen: Set<String> = []

    init(_ omitted: String?) { self.omitted = omitted }

    /// Whether to do it.
    func notes(_ kind: String, _ byteCount: Int) -> Bool {
      let name = "\(kind) \(byteCount)"
      seen.insert(name)
      return name != omitted
    }
  }

  private struct OmittingCaches: CacheMaintenance {
    static var lineByteCount: Int { 64 }
    let caches: ModelCaches<64>
    let omission: Omission

    func clean(address: UInt, byteCount: Int) {
      guard omission.notes("clean", byteCount) else { return }
      caches.clean(address: address, byteCount: byteCount)
    }
    func invalidate(address: UInt, byteCount: Int) {
      guard omission.notes("invalidate", byteCount) else { return }
      caches.invalidate(address: address, byteCount: byteCount)
    }
    func cleanAndInvalidate(address: UInt, byteCount: Int) {
      guard omission.notes("clean and invalidate", byteCount) else { return }
      caches.cleanAndInvalidate(address: address, byteCount: byteCount)
    }
    func synchronize() {
      if omission.notes("synchronize", 0) { caches.synchronize() }
    }
  }

  private struct OmittingPlatform: Platform {
    let machine: ModelMachine
    let platform: NonCoherentModelPlatform<64>
    let omission: Omission

    var now: Nanoseconds { platform.now }

    func allocate(byteCount: Int, alignment: Int) -> NonCoherentRegion<OmittingCaches>? {
      guard let region = platform.allocate(byteCount: byteCount, alignment: alignment) else {
        return nil
      }
      // SAFETY: the same memory as that of the region, which is forgotten.
      return unsafe NonCoherentRegion(
        base: region.base, deviceAddress: region.deviceAddress, byteCount: region.byteCount,
        caches: OmittingCaches(caches: ModelCaches(machine: machine), omission: omission))
    }
    func free(_ region: NonCoherentRegion<OmittingCaches>) {
      machine.withCore { $0.release(at: region.deviceAddress.rawValue) }
    }
  }

  /// Leads a life, and says whether anybody noticed that something was left out.
  private static func isNoticed(_ omission: Omission) throws -> Bool {
    var configuration = ModelConfiguration()
    configuration.caches = ModelCacheShape(lineByteCount: 64)
    let machine = ModelMachine(configuration)
    let platform = OmittingPlatform(
      machine: machine, platform: NonCoherentModelPlatform(machine), omission: omission)
    do throws(GPUError) {
      guard let transport = try? machine.makeTransport() else { return true }
      try Scenario.run(transport, on: platform, waiting: patience) { _ in }
    } catch {
      return true
    }
    return machine.finish().contains { $0.id != "GPU-INIT-3" }
  }

  @Test("S9: the driver does no maintenance in vain, and what it leaves out is noticed")
  func omissions() throws {
    let all = Omission(nil)
    #expect(try !Self.isNoticed(all))
    var unnoticed: Set<String> = []
    for name in all.seen where try !Self.isNoticed(Omission(name)) { unnoticed.insert(name) }
    print("maintenance: \(all.seen.sorted()) needed, but for \(unnoticed.sorted())")
    // Zeroes of what is cleaned later, part by part: pixels, the cursor image, the slots of commands; and
    // of a ledger, which the device never sees. The EDID, which this life does not read.
    #expect(
      unnoticed == [
        "clean and invalidate 24576", "clean and invalidate 16384", "clean and invalidate 512",
        "clean and invalidate 1024", "clean and invalidate 9024",
        "clean and invalidate 1152", "invalidate 1152",
      ])
    #expect(all.seen.count >= 20)
  }
}
