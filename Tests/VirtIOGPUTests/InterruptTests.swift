import Testing
import VirtIO
import VirtIOGPU
import VirtIOTestDoubles

@Suite("Interrupts")
struct InterruptTests {
  private let rig = DisplayRig()

  @Test(
    "SPLIT-USUP-1, SPLIT-USUP-2: the control queue may interrupt while that is enabled; the cursor queue never"
  )
  func suppression() throws {
    var display = try rig.open()
    #expect(rig.transport.rings[0]?.availableFlags == 1)
    display.enableInterrupts()
    #expect(rig.transport.rings[0]?.availableFlags == 0)
    #expect(rig.transport.rings[1]?.availableFlags == 1)
    display.disableInterrupts()
    #expect(rig.transport.rings[0]?.availableFlags == 1)
    #expect(rig.ringCount == 0, "Nothing was told by a doorbell.")
  }

  @Test("what came before interrupts were enabled is found by the first wait and the first look")
  func before() throws {
    var display = try rig.open()
    let latch = display.interruptHandler.latch
    #expect(!latch.isAwake)
    display.enableInterrupts()
    #expect(latch.isAwake && latch.takeConfigurationChange())
  }

  @Test("a transport without interrupts has a handler that nothing belongs to")
  func withoutInterrupts() throws {
    let display = try rig.open()
    let handler = display.interruptHandler
    for vector in -1..<4 { #expect(!handler.handleInterrupt(vector: vector)) }
    #expect(!handler.handleLineInterrupt() && !handler.latch.isAwake)
  }

  @Test("events are looked at once an interrupt told so, and not before")
  func events() throws {
    var display = try rig.open()
    display.enableInterrupts()
    let latch = display.interruptHandler.latch
    #expect(try !display.takeDisplayEvent(waiting: rig.waiter))
    rig.gpu.clear()
    rig.transport.configuration[0] = 1
    #expect(try !display.takeDisplayEvent(waiting: rig.waiter))
    #expect(rig.transport.journal.events.isEmpty)
    latch.signal(.queues)
    #expect(try !display.takeDisplayEvent(waiting: rig.waiter))
    latch.signal(.configuration)
    #expect(try display.takeDisplayEvent(waiting: rig.waiter))
  }
}

@Suite("InterruptWaiter")
struct InterruptWaiterTests {
  /// A platform that notes for how long somebody wants to sleep, and wakes him at once.
  private struct SleepyPlatform: InterruptPlatform {
    let base: TestPlatform
    let onSleep: (Nanoseconds, Bool) -> Void

    func allocate(byteCount: Int, alignment: Int) -> JournaledRegion? {
      base.allocate(byteCount: byteCount, alignment: alignment)
    }
    func free(_ region: JournaledRegion) { base.free(region) }
    var now: Nanoseconds { base.now }
    func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
      onSleep(deadline, isAwake())
    }
  }

  private final class Sleeps {
    var deadlines: [UInt64] = []
  }

  private func count(
    _ clock: TestClock, timeout: Nanoseconds, signals: Bool = false
  ) throws -> (looks: Int, deadlines: [UInt64], latch: InterruptLatch) {
    let sleeps = Sleeps()
    let platform = SleepyPlatform(base: TestPlatform(clock: clock)) { deadline, isAwake in
      sleeps.deadlines.append(deadline.rawValue)
      #expect(!isAwake)
    }
    let buffer = try DMABuffer(byteCount: 64, alignment: 64, from: platform)
    let latch = buffer.interruptLatch(at: 60)
    var waiter = InterruptWaiter(latch, on: platform, timeout: timeout)
    #expect(waiter.timeout == timeout)
    var looks = 0
    if signals { latch.signal(.queues) }
    while looks < 2_000_000, waiter.wait(on: platform) {
      looks += 1
      if signals { latch.signal(.queues) }
    }
    let again = waiter.wait(on: platform)
    #expect(!again)
    return (looks, sleeps.deadlines, latch)
  }

  @Test("it sleeps for 20 ms at a time, and not beyond its end")
  func deadlines() throws {
    let found = try count(TestClock(.forwards(30_000_000), from: 0), timeout: .milliseconds(70))
    // Looks at 0, 30 and 60 ms; the first only sees the clock.
    #expect(found.looks == 3)
    #expect(found.deadlines == [50_000_000, 70_000_000])
    #expect(found.latch.takeConfigurationChange(), "Who slept in vain looks at everything.")
  }

  @Test("T08: a clock that stands still, or runs backwards, ends it without a sleep")
  func still() throws {
    let still = try count(TestClock(.still), timeout: .seconds(5))
    #expect(still.looks <= 1_000_000 && still.deadlines == [])
    let backwards = try count(TestClock(.backwards(7), from: 700_000), timeout: .seconds(5))
    #expect(backwards.looks <= 1_100_001 && backwards.deadlines == [])
  }

  @Test("T12: wake-ups make it neither sleep nor last longer, also when the clock stands still")
  func storm() throws {
    let found = try count(
      TestClock(.forwards(100)), timeout: Nanoseconds(rawValue: 1000), signals: true)
    #expect(found.looks == 10 && found.deadlines == [])
    #expect(!found.latch.takeConfigurationChange())
    let still = try count(TestClock(.still), timeout: .seconds(5), signals: true)
    #expect(still.looks <= 1_000_000)
  }

  @Test("the longest timeout there is has no end that could be passed")
  func longest() throws {
    let platform = SleepyPlatform(base: TestPlatform(clock: TestClock(.forwards(100)))) { _, _ in }
    let buffer = try DMABuffer(byteCount: 64, alignment: 64, from: platform)
    var waiter = InterruptWaiter(
      buffer.interruptLatch(at: 0), on: platform, timeout: Nanoseconds(rawValue: .max))
    for _ in 0..<100 {
      let goesOn = waiter.wait(on: platform)
      #expect(goesOn)
    }
  }
}
