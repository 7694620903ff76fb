import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Memory that is short, by the ids of the catalogue of hostile devices: a typed error, nothing is lost, and
/// the same succeeds once there is memory.
@Suite("Hostile memory") struct MemoryFaultTests {
  /// Gives a scanout another size, and says what a frame of it comes to.
  private func resize(_ machine: ModelMachine, _ display: inout ModelDisplay, to width: UInt32)
    throws -> GPUError?
  {
    machine.setOutput(0, to: .init(width: width, height: 64))
    #expect(try display.takeDisplayEvent(waiting: patience))
    return HostileCase.frameError(&display)
  }

  private func isOutOfMemory(_ error: GPUError?) -> Bool {
    if case .outOfMemory = error { true } else { false }
  }

  @Test(
    "M03: memory that is used up between frames: an error, the old size goes on, then the new one")
  func exhausted() throws {
    let machine = HostileCase.machine()
    let platform = machine.platform
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    var hogs: [ModelRegion] = []
    for byteCount in [1 << 16, 4096, 64] {
      while let hog = platform.allocate(byteCount: byteCount, alignment: 64) { hogs.append(hog) }
    }
    let live = machine.liveAllocationCount
    #expect(isOutOfMemory(try resize(machine, &display, to: 64)))
    // What was there stays, and can be shown.
    for _ in 0..<5 { #expect(HostileCase.frameError(&display) == nil) }
    #expect(machine.liveAllocationCount == live && machine.pixels(ofScanout: 0)?.width == 16)
    for hog in hogs { platform.free(hog) }
    #expect(try resize(machine, &display, to: 65) == nil)
    #expect(machine.pixels(ofScanout: 0)?.width == 65)
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "M04: memory in pieces, none of which is long enough: an error; then in one piece, a picture")
  func pieces() throws {
    let machine = HostileCase.machine()
    let platform = machine.platform
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    var hogs: [ModelRegion] = []
    while let hog = platform.allocate(byteCount: 4096, alignment: 4096) { hogs.append(hog) }
    // Every other page is free: more than a picture needs, but nowhere two of them.
    var kept: [ModelRegion] = []
    for (index, hog) in hogs.enumerated() {
      if index % 2 == 0 { platform.free(hog) } else { kept.append(hog) }
    }
    #expect(hogs.count / 2 * 4096 > 2 * 64 * 64 * 4)
    #expect(isOutOfMemory(try resize(machine, &display, to: 64)))
    for hog in kept { platform.free(hog) }
    #expect(try resize(machine, &display, to: 65) == nil)
    try HostileCase.end(display, on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test("M12: whatever the device does, memory is freed only when it has let go")
  func handedOut() throws {
    // The model poisons what is freed, and notes every use of it by either side.
    for seed in 0..<20 as Range<UInt64> {
      let machine = HostileCase.machine {
        $0.chance = ModelChance(seed: seed, oneIn: 5, actions: ModelChance.everything)
      }
      if var display = try? machine.open() {
        for width in 0..<6 as Range<UInt32> {
          _ = HostileCase.frameError(&display)
          machine.setOutput(0, to: .init(width: 16 + width, height: 12))
          _ = try? display.takeDisplayEvent(waiting: patience)
        }
        try? display.close(waiting: patience)
      }
      #expect(machine.violations.filter { $0.id.hasPrefix("MODEL-MEM") } == [])
      #expect(machine.violations.filter { ["CLEAN-2", "RESET-1"].contains($0.id) } == [])
    }
  }

  @Test("M16: an interrupt allocates nothing, whatever it is for")
  func interrupts() throws {
    for vectorCount in [3, 1, 0] {
      let rig = try InterruptRig(InterruptRig.slow(vectorCount: vectorCount))
      var display = try rig.open()
      let handler = display.interruptHandler
      try rig.connect(handler)
      display.enableInterrupts()
      try rig.show(0, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
      let before = rig.machine.allocationCount
      for vector in -1..<6 {
        for _ in 0..<100 {
          if vectorCount > 0 {
            _ = handler.handleInterrupt(vector: vector)
          } else {
            _ = handler.handleLineInterrupt()
          }
        }
      }
      #expect(rig.machine.allocationCount == before)
      #expect(try rig.finish(display) == [])
    }
  }
}
