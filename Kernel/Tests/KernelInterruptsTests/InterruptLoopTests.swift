import KernelInterrupts
import Testing

/// The loop that takes interrupts, by the ids of the catalogue of hostile devices.
@Suite("Taking interrupts")
struct InterruptLoopTests {
  /// A controller that answers what it is told to, a handler, and what came of it, in order.
  final class Journal: InterruptController, InterruptService, @unchecked Sendable {
    var answers: [UInt32] = []
    var lines: [String] = []
    /// Interrupts that come while the next one is handled.
    var arriving: [UInt32] = []
    var lineCount: UInt32 { 64 }

    func configure(_ id: InterruptID, trigger: InterruptTrigger, priority: InterruptPriority) {}
    func enable(_ id: InterruptID) {}
    func disable(_ id: InterruptID) { lines.append("disable \(id.rawValue)") }

    func acknowledge() -> AcknowledgedInterrupt {
      let number = answers.isEmpty ? 1023 : answers.removeFirst()
      lines.append("take \(number)")
      return AcknowledgedInterrupt(token: number ^ 0x8000, id: InterruptID(rawValue: number))
    }

    func end(_ interrupt: AcknowledgedInterrupt) {
      lines.append("end \(interrupt.token ^ 0x8000)")
    }

    func serve(_ id: InterruptID) -> Bool {
      lines.append("serve \(id.rawValue)")
      answers += arriving
      arriving = []
      lines.append("served \(id.rawValue)")
      return true
    }
  }

  /// Runs the loop once.
  private func take(_ journal: Journal, owning ids: [UInt32] = [40]) throws -> Int {
    var table = InterruptTable<Journal, 4>(
      limit: StormLimit(count: 500, busyTicks: 10, ticks: 100, pause: 1000))
    for id in ids { _ = try table.add(journal, for: InterruptID(rawValue: id)) }
    return table.takeInterrupts(from: journal, clock: { 0 }, keepingBack: journal.disable)
  }

  @Test("I12: 1020 to 1023 are no interrupts: nothing is served, ended or disabled")
  func special() throws {
    for number: UInt32 in 1020...1023 {
      let journal = Journal()
      journal.answers = [number, 40]
      #expect(try take(journal) == 0)
      #expect(journal.lines == ["take \(number)"])
      // Behind a true one it ends the loop, and only the true one is ended.
      journal.lines = []
      journal.answers = [40, number, 40]
      #expect(try take(journal) == 1)
      #expect(
        journal.lines == ["take 40", "serve 40", "served 40", "end 40", "take \(number)"])
    }
  }

  @Test("I14: an interrupt that comes again while it is handled is handled afterwards, once")
  func again() throws {
    let journal = Journal()
    journal.answers = [40]
    journal.arriving = [40, 41]
    #expect(try take(journal, owning: [40, 41]) == 3)
    let expected = [40, 40, 41].flatMap {
      ["take \($0)", "serve \($0)", "served \($0)", "end \($0)"]
    }
    #expect(journal.lines == expected + ["take 1023"])
  }

  @Test("one that never ends to come is left after 64 times; one that nobody has is disabled")
  func bounded() throws {
    let journal = Journal()
    journal.answers = Array(repeating: 40, count: 100)
    #expect(try take(journal) == 64)
    #expect(journal.answers.count == 36 && journal.lines.last == "end 40")
    let stranger = Journal()
    stranger.answers = [50]
    #expect(try take(stranger) == 1)
    #expect(stranger.lines == ["take 50", "disable 50", "end 50", "take 1023"])
  }
}
