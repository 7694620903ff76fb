import Testing
import VirtIO
import VirtIOMMIO
import VirtIOTestDoubles

@Suite("MMIOInterrupts")
struct MMIOInterruptsTests {
  private let slot = FakeSlot()
  private let platform = TestPlatform()

  private func makeInterrupts() throws -> MMIOInterrupts<FakeSlot> {
    let window = try #require(slot.window)
    guard let transport = try MMIOTransport(window) else { throw MMIOError.wrongMagic(found: 0) }
    slot.clear()
    return transport.interrupts
  }

  @Test(
    "MMIO-INT-1, MMIO-INT-2, MMIO-INT-3, MMIO-21: what is read is acknowledged, no more and no less",
    arguments: [1, 2, 3] as [UInt32])
  func causes(_ status: UInt32) throws {
    let interrupts = try makeInterrupts()
    slot.interruptStatus = status
    #expect(interrupts.takeLineCauses().rawValue == UInt8(status))
    #expect(slot.accesses == [.read(0x060), .write(0x064, status)])
    #expect(slot.interruptStatus == 0)
  }

  @Test("I06, MMIO-20, MMIO-22: bits without a meaning are neither believed nor acknowledged")
  func undefinedBits() throws {
    let interrupts = try makeInterrupts()
    slot.interruptStatus = 0xffff_fffd
    #expect(interrupts.takeLineCauses() == .queues)
    #expect(slot.acknowledged == [1])
    slot.interruptStatus = 0xffff_ff00
    #expect(interrupts.takeLineCauses() == [])
    #expect(slot.acknowledged == [1])
    #expect(slot.violations == [])
  }

  @Test("a line that somebody else pulls costs one read")
  func shared() throws {
    let interrupts = try makeInterrupts()
    #expect(interrupts.takeLineCauses() == [])
    #expect(slot.accesses == [.read(0x060)])
    #expect(interrupts.causes(ofVector: 0) == [])
  }

  @Test("CONF-4, MMIO-INT-3: a handler of the line wakes whoever waits, and says whose it was")
  func handler() throws {
    let memory = try DMABuffer(byteCount: 64, alignment: 16, from: platform)
    let handler = InterruptHandler(
      latch: memory.interruptLatch(at: 0), source: try makeInterrupts())
    #expect(!handler.handleLineInterrupt() && !handler.latch.isAwake)
    slot.interruptStatus = 2
    #expect(handler.handleLineInterrupt())
    #expect(handler.latch.takeWake() && handler.latch.takeConfigurationChange())
    slot.interruptStatus = 1
    #expect(handler.handleLineInterrupt())
    #expect(handler.latch.takeWake() && !handler.latch.takeConfigurationChange())
    #expect(slot.violations == [])
  }
}
