import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Chance is decided by the seed, and by nothing else.
@Suite struct DeterminismTests {
  /// Ten frames on a device that fails by chance: all that happened, and what it came to.
  private func run(_ chance: ModelChance) -> (digest: UInt64, trace: [ModelEvent], broken: [String])
  {
    var configuration = ModelConfiguration()
    configuration.chance = chance
    configuration.outputs = [.init(width: 16, height: 8)]
    configuration.memoryByteCount = 1 << 20
    let machine = ModelMachine(configuration)
    let patience = PollingWaiter(timeout: .milliseconds(2))
    do {
      var display = try Display.open(
        machine.makeTransport(), on: machine.platform, waiting: patience)
      _ = try? display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
      for _ in 0..<10 {
        do {
          let presentation = try display.present(display.nextFrame(waiting: patience))
          try display.finish(presentation, waiting: patience)
          if try display.takeDisplayEvent(waiting: patience) {
            _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
          }
        } catch { continue }
      }
      try display.close(waiting: patience)
    } catch {}
    // Whether EDID is read, and when to stop, the driver leaves to its caller: this one does not care.
    let broken = machine.violations.filter {
      ![.gpuInit3, .gpuEvt2, .status4].contains($0.rule)
    }
    return (machine.traceDigest, machine.trace, broken.map(\.description))
  }

  @Test("F-REPLAY: the same seed makes the same trace, another seed another", arguments: 0..<8)
  func sameSeed(_ seed: UInt64) {
    let first = run(ModelChance(seed: seed, oneIn: 2))
    let second = run(ModelChance(seed: seed, oneIn: 2))
    #expect(first.digest == second.digest)
    #expect(first.trace == second.trace)
    #expect(first.digest != run(ModelChance(seed: seed + 1000, oneIn: 2)).digest)
    #expect(first.broken == [])
  }

  @Test(
    """
    F-REPLAY, M11, CLEAN-2, DESIGN-7: whatever a device does, the driver keeps the rules
    """, arguments: 0..<100
  )
  func everything(_ seed: UInt64) {
    let broken = run(ModelChance(seed: seed, oneIn: 6, actions: ModelChance.everything)).broken
    #expect(broken == [])
  }
}
