import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// Answers about displays that make no sense, by the ids of the catalogue of hostile devices: what cannot be
/// shown is an error of the frame that would show it, and the next true answer is believed.
@Suite("Hostile answers about displays") struct InformationFaultTests {
  /// A word of a display's entry.
  private enum Word: Int, CaseIterable {
    case x, y, width, height, enabled, flags

    /// Where it is in the answer.
    func offset(_ display: Int) -> Int { 24 + display * 24 + rawValue * 4 }
  }

  /// A machine whose answers about its displays have other words.
  private func machine(
    _ words: [(display: Int, word: Word, value: UInt32)], outputs: Int = 1
  ) -> ModelMachine {
    HostileCase.machine {
      $0.memoryByteCount = 8 << 20
      $0.outputs = (0..<outputs).map { _ in .init(width: 16, height: 12) }
      $0.faults = words.map {
        ModelFault(
          on: .command(0x100), count: .max,
          .word(offset: $0.word.offset($0.display), value: $0.value))
      }
    }
  }

  /// Has the device say the truth, and the driver hear of it.
  private func tellTruth(_ display: inout ModelDisplay, _ machine: ModelMachine) throws {
    machine.clearFaults()
    try display.updateScanouts(waiting: patience)
  }

  @Test("G14: no display is enabled: there is no picture, until an event says that there is one")
  func headless() throws {
    let machine = machine([(0, .enabled, 0)])
    var display = try machine.open()
    #expect(display.firstScanout == nil)
    #expect(HostileCase.frameError(&display) == .noScanout)
    machine.clearFaults()
    machine.setOutput(0, to: .init(width: 20, height: 15))
    #expect(try display.takeDisplayEvent(waiting: patience))
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "G15: a display that is enabled and has an odd size, or none",
    arguments: [(0, 0), (0, 12), (16, 0), (1, 1), (639, 479)] as [(UInt32, UInt32)])
  func oddSizes(_ width: UInt32, _ height: UInt32) throws {
    let machine = machine([(0, .width, width), (0, .height, height)])
    var display = try machine.open()
    let error = HostileCase.frameError(&display)
    #expect(
      error == (width > 0 && height > 0 ? nil : .invalidSize(width: width, height: height)))
    try tellTruth(&display, machine)
    try HostileCase.end(display, on: machine, .goesOn)
    // It had the size that was said, not that of the display.
    #expect(machine.violations.filter { $0.id != "GPU-INIT-2" } == [])
  }

  @Test(
    "G16: a display that no memory is large enough for",
    arguments: [
      (.max, .max), (.max, 1), (1, .max), (65536, 65536), (32768, 32768), (0x8000_0000, 2),
    ] as [(UInt32, UInt32)])
  func hugeSizes(_ width: UInt32, _ height: UInt32) throws {
    let machine = machine([(0, .width, width), (0, .height, height)])
    var display = try machine.open()
    #expect(
      HostileCase.frameError(&display) == .invalidSize(width: width, height: height))
    try tellTruth(&display, machine)
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "G17: displays placed so that their ends wrap",
    arguments: [0x7fff_ffff, 0x8000_0000, 0xffff_fff8, .max] as [UInt32])
  func wrappingPlaces(_ place: UInt32) throws {
    let machine = machine(
      [(0, .x, place), (0, .y, place), (1, .x, place), (1, .y, 0)], outputs: 2)
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    do throws(GPUError) {
      try display.span([ScanoutID(rawValue: 0), ScanoutID(rawValue: 1)].span, arranged: .asPlaced)
      Issue.record("a picture over nearly all there can be")
    } catch {
      guard case .invalidSize = error else { throw error }
    }
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "G18: displays at the same place, and displays that overlap",
    arguments: [0, 0, 8, 15] as [UInt32])
  func overlapping(_ x: UInt32) throws {
    let machine = machine([(1, .x, x), (2, .x, x)], outputs: 3)
    var display = try machine.open()
    for index: UInt32 in 0..<3 {
      let frame = try display.nextFrame(on: ScanoutID(rawValue: index), waiting: patience)
      try display.finish(try display.present(frame), waiting: patience)
    }
    let all = (0..<3 as Range<UInt32>).map { ScanoutID(rawValue: $0) }
    try display.span(all.span, arranged: .asPlaced)
    #expect(HostileCase.frameError(&display) == nil)
    for index: UInt32 in 0..<3 { try display.followDisplay(on: ScanoutID(rawValue: index)) }
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "G19: displays behind the last, enabled that is neither 0 nor 1, and flags that mean nothing")
  func strayDisplays() throws {
    var words: [(display: Int, word: Word, value: UInt32)] = [(0, .enabled, 2), (0, .flags, .max)]
    for index in 1..<16 {
      words += [(index, .enabled, 1), (index, .width, 640), (index, .height, 480)]
    }
    let machine = machine(words)
    var display = try machine.open()
    #expect(display.scanoutCount == 1 && display.scanouts[0].isEnabled)
    let scanouts = display.scanouts
    #expect((1..<16).allSatisfy { !scanouts[$0].isEnabled })
    #expect(HostileCase.frameError(&display) == nil)
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "G20: the display changes between the question and SET_SCANOUT, which is refused",
    arguments: [0x1200, 0x1202, 0x1203, 0x1205] as [UInt32])
  func changedMeanwhile(_ refusal: UInt32) throws {
    let machine = HostileCase.machine()
    machine.inject(ModelFault(on: .command(0x103), .refuse(refusal)))
    var display = try machine.open()
    machine.setOutput(0, to: .init(width: 20, height: 15))
    guard case .command(let failure) = HostileCase.frameError(&display) else {
      Issue.record("it went unnoticed")
      return
    }
    #expect(failure.subject.command == .setScanout)
    let questions = machine.commands.count { $0 == 0x100 }
    #expect(try display.takeDisplayEvent(waiting: patience))
    #expect(machine.commands.count { $0 == 0x100 } == questions + 1)
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations.filter { $0.id != "GPU-INIT-2" } == [])
  }

  @Test("G21: events without end, of displays that come and go: one question a look, and no more")
  func eventStorm() throws {
    let machine = HostileCase.machine()
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    machine.inject(ModelFault(on: .poll, count: .max, .displayEvent))
    let allocations = machine.liveAllocationCount
    let questions = machine.commands.count { $0 == 0x100 }
    for turn in 0..<200 {
      let isThere = turn % 3 != 0
      machine.setOutput(0, to: .init(width: 16, height: isThere ? 12 : 10, isEnabled: isThere))
      _ = try display.takeDisplayEvent(waiting: patience)
      if isThere { _ = HostileCase.frameError(&display) }
    }
    #expect(machine.commands.count { $0 == 0x100 } - questions <= 200)
    #expect(machine.liveAllocationCount <= allocations + 4)
    machine.clearFaults()
    machine.setOutput(0, to: .init(width: 16, height: 12))
    _ = try display.takeDisplayEvent(waiting: patience)
    // When it is over, nobody asks any more.
    let last = machine.commands.count { $0 == 0x100 }
    for _ in 0..<3 { #expect(try !display.takeDisplayEvent(waiting: patience)) }
    #expect(machine.commands.count { $0 == 0x100 } == last)
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations.filter { !["GPU-EVT-2", "GPU-INIT-3"].contains($0.id) } == [])
  }
}
