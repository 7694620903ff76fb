import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// Why a device interrupts, and what becomes of that.
@Suite struct CauseTests {
  @Test(
    "I07, PCI-CFGINT-1: an interrupt that signals both causes has both serviced", arguments: [1, 0])
  func bothCauses(vectorCount: Int) throws {
    let rig = try InterruptRig(InterruptRig.slow(vectorCount: vectorCount))
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    try rig.show(0, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
    _ = try display.takeDisplayEvent(waiting: patience)
    rig.takeInterrupts()
    _ = rig.takeHandled()
    // The device is done with a frame and has another display, before anybody hears of either.
    let frame = try display.nextFrame(waiting: patience)
    let presentation = try display.present(frame)
    rig.machine.poll(100)
    rig.machine.setOutput(0, to: .init(width: 20, height: 20))
    if vectorCount == 0 {
      rig.takeInterrupts()
      #expect(rig.takeHandled() == [.line(true)], "one interrupt for both")
    } else {
      _ = rig.machine.takeInterrupts()
      #expect(display.interruptHandler.handleInterrupt(vector: 0))
    }
    _ = rig.takeSleepCount()
    var waiter = display.interruptWaiter(timeout: .seconds(1))
    let goesOn = waiter.wait(on: rig.platform)
    #expect(goesOn && rig.takeSleepCount() == 0, "It was signalled already.")
    #expect(try display.isComplete(presentation))
    #expect(try display.takeDisplayEvent(waiting: patience))
    #expect(display.scanouts[0].width == 20)
    #expect(try rig.finish(display) == [])
  }

  @Test(
    "I09, PCI-ISR-D-1: on a shared line, who did not pull it says so, and one read does for one interrupt"
  )
  func sharedLine() throws {
    let rig = try InterruptRig(InterruptRig.slow(vectorCount: 0))
    var display = try rig.open()
    let handler = display.interruptHandler
    try rig.connect(handler)
    display.enableInterrupts()
    try rig.show(0, on: &display, waiting: patience)
    rig.takeInterrupts()
    _ = handler.latch.takeWake()
    #expect(!rig.machine.pullsLine)
    #expect(!handler.handleLineInterrupt(), "somebody else's")
    #expect(!handler.latch.isAwake)
    rig.machine.setOutput(0, to: .init(width: 20, height: 20))
    #expect(rig.machine.pullsLine)
    #expect(handler.handleLineInterrupt())
    #expect(!rig.machine.pullsLine && handler.latch.isAwake)
    #expect(!handler.handleLineInterrupt())
    #expect(try rig.finish(display) == [])
  }

  @Test("PCI-ISR-1: with messages no register is read but when a display has changed")
  func cheapEvents() throws {
    let rig = try InterruptRig(InterruptRig.slow())
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    // What came before, nobody has heard of.
    rig.machine.setOutput(0, to: .init(width: 30, height: 20))
    #expect(try display.takeDisplayEvent(waiting: patience))
    rig.takeInterrupts()
    _ = try display.takeDisplayEvent(waiting: patience)
    let registers = {
      rig.machine.trace.filter { if case .read = $0 { true } else { false } }.count
    }
    let before = registers()
    for number in 0..<5 {
      try rig.show(number, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
      #expect(try !display.takeDisplayEvent(waiting: patience))
    }
    #expect(registers() == before)
    rig.machine.setOutput(0, to: .init(width: 40, height: 20))
    #expect(try !display.takeDisplayEvent(waiting: patience), "nobody was told yet")
    rig.takeInterrupts()
    #expect(try display.takeDisplayEvent(waiting: patience))
    // By polling, it looks each time.
    display.disableInterrupts()
    rig.machine.setOutput(0, to: .init(width: 50, height: 20))
    #expect(try display.takeDisplayEvent(waiting: patience))
    #expect(try rig.finish(display) == [])
  }

  @Test("a configuration that cannot be read is looked at again")
  func unreadableEvent() throws {
    let rig = try InterruptRig(InterruptRig.slow())
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    rig.machine.setOutput(0, to: .init(width: 30, height: 20))
    rig.machine.inject(ModelFault(on: .read(.configGeneration), count: 65, .restless))
    #expect(throws: GPUError.device(.configurationUnstable)) {
      try display.takeDisplayEvent(waiting: patience)
    }
    #expect(try display.takeDisplayEvent(waiting: patience))
    #expect(try rig.finish(display) == [])
  }
}
