import Foundation
import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOPCI
import VirtIOTesting

/// A display that sleeps until its device interrupts.
@Suite struct InterruptTests {
  @Test(
    "S13: one display, opened by polling, switched to interrupts, and back", arguments: [3, 1, 0])
  func twoLives(vectorCount: Int) throws {
    let rig = try InterruptRig(InterruptRig.slow(vectorCount: vectorCount))
    var display = try rig.open()
    for number in 0..<3 {
      try rig.show(number, on: &display, waiting: patience)
      #expect(rig.shows(number))
    }
    #expect(rig.machine.takeInterrupts() == [] && rig.takeSleepCount() == 0)
    let allocations = rig.machine.allocationCount

    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    for number in 3..<13 {
      try rig.show(
        number, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
      #expect(rig.shows(number))
    }
    #expect(rig.takeSleepCount() >= 10)

    display.disableInterrupts()
    rig.takeInterrupts()
    _ = rig.takeHandled()
    for number in 13..<16 {
      try rig.show(number, on: &display, waiting: patience)
      #expect(rig.shows(number))
    }
    rig.takeInterrupts()
    #expect(rig.takeHandled() == [] && rig.takeSleepCount() == 0)
    #expect(rig.machine.allocationCount == allocations)
    #expect(try rig.finish(display) == [])
    #expect(rig.machine.liveAllocationCount == 0)
  }

  @Test("a frame costs one doorbell, one interrupt and one sleep, even if its answers come apart")
  func costs() throws {
    let rig = try InterruptRig(InterruptRig.slow())
    var display = try rig.open()
    try rig.show(0, on: &display, waiting: patience)
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    // The first wait takes what enabling has left.
    try rig.show(1, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
    _ = (rig.takeHandled(), rig.takeSleepCount())
    let doorbells = rig.machine.notificationCount(ofQueue: 0)
    for number in 2..<12 {
      try rig.show(
        number, on: &display,
        waiting: .interrupt(display.interruptHandler, on: rig.platform, .seconds(1)))
    }
    #expect(rig.machine.notificationCount(ofQueue: 0) == doorbells + 10)
    #expect(rig.takeHandled() == Array(repeating: .vector(1, true), count: 10))
    #expect(rig.takeSleepCount() == 10)
    // A device that answers both commands at once interrupts once, and nobody needs to sleep.
    rig.machine.clearFaults()
    for number in 12..<22 {
      try rig.show(number, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
      rig.takeInterrupts()
    }
    #expect(rig.takeHandled() == Array(repeating: .vector(1, true), count: 10))
    #expect(rig.takeSleepCount() == 0)
    let image = [UInt32](repeating: .max, count: 4096)
    try display.setCursor(
      image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 1,
      waiting: display.interruptWaiter(timeout: .seconds(1)))
    rig.takeInterrupts()
    _ = rig.takeHandled()
    for x in 0..<10 { try display.moveCursor(toX: UInt32(x), y: 1) }
    rig.takeInterrupts()
    #expect(rig.takeHandled() == [])
    #expect(try rig.finish(display) == [])
  }

  @Test("I04: lost interrupts cost 20 ms each, not the frame", arguments: [3, 0])
  func lostInterrupts(vectorCount: Int) throws {
    let rig = try InterruptRig(InterruptRig.slow(vectorCount: vectorCount))
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    try rig.show(0, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
    _ = rig.takeHandled()
    for number in 1..<5 {
      rig.loseInterrupts(.max)
      let start = rig.platform.now
      try rig.show(number, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
      let time = rig.platform.now.since(start)
      #expect(time >= .milliseconds(19) && time < .milliseconds(25))
      #expect(rig.shows(number))
    }
    // A display event of which nobody heard is found by whoever slept in vain.
    rig.machine.setOutput(0, to: .init(width: 20, height: 20))
    rig.takeInterrupts()
    #expect(rig.takeHandled() == [])
    try rig.show(5, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
    #expect(try display.takeDisplayEvent(waiting: patience))
    rig.loseInterrupts(0)
    #expect(try rig.finish(display) == [])
  }

  @Test("I11: events on the wrong vector, and spurious ones, do no harm")
  func wrongVectors() throws {
    let rig = try InterruptRig(InterruptRig.slow())
    var display = try rig.open()
    let handler = display.interruptHandler
    try rig.connect(handler)
    display.enableInterrupts()
    _ = try display.takeDisplayEvent(waiting: patience)
    // Used buffers on the vector of the configuration, and on that of the cursor queue.
    for vector: UInt16 in [0, 2, 0, 2] {
      let frame = try display.nextFrame(waiting: display.interruptWaiter(timeout: .seconds(1)))
      let presentation = try display.present(frame)
      rig.machine.interrupt(vector: vector, .queues)
      try display.finish(presentation, waiting: display.interruptWaiter(timeout: .seconds(1)))
    }
    #expect(try !display.takeDisplayEvent(waiting: patience))
    // Vectors that nobody has.
    _ = handler.latch.takeWake()
    for vector in [-1, 3, 4, 2047, 2048, .max, .min] {
      #expect(!handler.handleInterrupt(vector: vector))
      #expect(!handler.latch.isAwake)
    }
    // Nothing to be done.
    for _ in 0..<100 {
      rig.machine.interrupt(vector: 1, .queues)
      rig.takeInterrupts()
    }
    try rig.show(7, on: &display, waiting: display.interruptWaiter(timeout: .seconds(1)))
    #expect(rig.shows(7))
    #expect(try rig.finish(display) == [])
  }

  @Test("a storm of interrupts makes nobody wait longer than he would, nor shorter")
  func storm() throws {
    var configuration = InterruptRig.slow()
    configuration.faults = [
      ModelFault(on: .command(0x104), .drop), ModelFault(on: .poll, count: .max, .interrupt),
    ]
    let rig = try InterruptRig(configuration)
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    let frame = try display.nextFrame(waiting: display.interruptWaiter(timeout: .seconds(1)))
    let presentation = try display.present(frame)
    let start = rig.platform.now
    let waiter = display.interruptWaiter(timeout: .milliseconds(50))
    #expect(throws: GPUError.self) { try display.finish(presentation, waiting: waiter) }
    let time = rig.platform.now.since(start)
    #expect(time >= .milliseconds(50) && time < .milliseconds(51))
    rig.machine.clearFaults()
    #expect(try rig.finish(display) == [])
  }

  @Test("SMP08: a thread plays the interrupt's context", arguments: [3, 0])
  func thread(vectorCount: Int) async throws {
    let rig = try InterruptRig(InterruptRig.slow(vectorCount: vectorCount))
    rig.isThreaded = true
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    let thread = Thread {
      while !Thread.current.isCancelled {
        rig.takeInterrupts()
        // Spinning would keep the model from everybody else.
        Thread.sleep(forTimeInterval: 0.000_1)
      }
    }
    thread.start()
    for number in 0..<100 {
      let waiter = display.interruptWaiter(timeout: .seconds(10))
      try rig.show(number, on: &display, waiting: waiter)
      if number % 50 == 0 {
        #expect(rig.shows(number))
        rig.machine.setOutput(0, to: .init(width: UInt32(20 + number), height: 20))
        var waiter = waiter
        while try !display.takeDisplayEvent(waiting: patience) {
          let goesOn = waiter.wait(on: rig.platform)
          try #require(goesOn)
        }
      }
    }
    thread.cancel()
    while !thread.isFinished { sched_yield() }
    #expect(try rig.finish(display) == [])
    #expect(rig.machine.liveAllocationCount == 0)
  }
}
