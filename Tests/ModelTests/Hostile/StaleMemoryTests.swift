import Synchronization
import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// A platform that knows what it has handed out.
private struct LedgerPlatform: Platform, Sendable {
  let base: ModelPlatform
  let ledger: Ledger

  final class Ledger: Sendable {
    private let pieces = Mutex<[UInt64: Int]>([:])
    var all: [(address: UInt64, byteCount: Int)] {
      pieces.withLock { $0.map { (address: $0.key, byteCount: $0.value) } }
    }
    func set(_ address: UInt64, _ byteCount: Int?) { pieces.withLock { $0[address] = byteCount } }
  }

  func allocate(byteCount: Int, alignment: Int) -> ModelRegion? {
    let region = base.allocate(byteCount: byteCount, alignment: alignment)
    if let region { ledger.set(region.deviceAddress.rawValue, region.byteCount) }
    return region
  }

  func free(_ region: ModelRegion) {
    ledger.set(region.deviceAddress.rawValue, nil)
    base.free(region)
  }

  var now: Nanoseconds { base.now }
}

/// What lay in memory before it was the driver's, by the id of the catalogue of hostile devices.
@Suite("Stale memory") struct StaleMemoryTests {
  /// What the kernel had in all of its memory.
  private static let canary: UInt64 = 0xc0de_5ec2_e75a_11ed
  /// What the model fills freed memory with.
  private static let poison: UInt64 = 0xdbdb_dbdb_dbdb_dbdb

  /// Leaves canaries in all of a machine's memory.
  private func soil(_ machine: ModelMachine) {
    var hogs: [ModelRegion] = []
    for byteCount in [1 << 16, 4096, 64] {
      while let hog = machine.platform.allocate(byteCount: byteCount, alignment: 64) {
        for offset in stride(from: 0, to: byteCount, by: 8) {
          hog.store64(Self.canary, uncheckedAt: offset)
        }
        hogs.append(hog)
      }
    }
    for hog in hogs { machine.platform.free(hog) }
  }

  /// How many words in what the device can see are of the time before.
  private func staleWords(_ machine: ModelMachine, _ ledger: LedgerPlatform.Ledger) -> Int {
    let stale = [Self.canary, Self.poison].map { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * UInt64($0))) }
    }
    return ledger.all.reduce(0) { sum, piece in
      let bytes = machine.bytes(at: piece.address, count: piece.byteCount)
      // A whole word of it, or what fits at the end.
      return sum
        + stride(from: 0, to: bytes.count, by: 8).count { start in
          let word = bytes[start..<min(start + 8, bytes.count)]
          return stale.contains { $0.starts(with: word) }
        }
    }
  }

  @Test(
    "M13: queues, requests, answers, padding and pixels hold nothing that was in memory before",
    arguments: [[], .packedRing] as [Features])
  func canaries(_ features: Features) throws {
    let machine = HostileCase.machine { $0.offeredFeatures |= features.rawValue }
    soil(machine)
    let ledger = LedgerPlatform.Ledger()
    let platform = LedgerPlatform(base: machine.platform, ledger: ledger)
    var display = try Display.open(machine.makeTransport(), on: platform, waiting: patience)
    #expect(ledger.all.count > 2 && staleWords(machine, ledger) == 0)
    for width in [16, 33, 20, 64, 16] as [UInt32] {
      machine.setOutput(0, to: .init(width: width, height: 12))
      _ = try display.takeDisplayEvent(waiting: patience)
      // A frame that nobody draws in shows what was in its memory.
      for _ in 0..<3 {
        let frame = try display.nextFrame(waiting: patience)
        try display.finish(try display.present(frame), waiting: patience)
        let picture = try #require(machine.pixels(ofScanout: 0))
        #expect(
          picture.width == Int(width)
            && (0..<picture.width).allSatisfy { picture[$0, 11].rgb == 0 })
        #expect(staleWords(machine, ledger) == 0)
      }
      let image = [UInt32](repeating: 0xff00_ff00, count: 3 * 3)
      try display.setCursor(
        image.span, width: 3, height: 3, hotspotX: 0, hotspotY: 0, x: 1, y: 1, waiting: patience)
      _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
      #expect(staleWords(machine, ledger) == 0)
    }
    machine.breakDevice()
    try display.recover(waiting: patience)
    #expect(staleWords(machine, ledger) == 0)
    try display.close(waiting: patience)
    #expect(ledger.all.isEmpty && machine.liveAllocationCount == 0)
  }
}
