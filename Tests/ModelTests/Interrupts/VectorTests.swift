import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// How many vectors the driver gets, and what it does with them.
@Suite struct VectorTests {
  private static let configurationVector = ModelRegister(.common, 0x10)

  /// A machine whose device has so many vectors, and faults.
  private func rig(_ vectorCount: Int, _ faults: [ModelFault] = []) throws -> InterruptRig {
    var configuration = ModelConfiguration()
    configuration.vectorCount = vectorCount
    configuration.faults = faults
    return try InterruptRig(configuration)
  }

  /// Takes interrupts for a few frames and a display event, whatever they come by.
  private func live(_ rig: InterruptRig, _ display: inout InterruptedDisplay) throws {
    try rig.connect(display.interruptHandler)
    display.enableInterrupts()
    _ = try display.takeDisplayEvent(waiting: patience)
    for _ in 0..<5 {
      let waiter = display.interruptWaiter(timeout: .seconds(1))
      let frame = try display.nextFrame(waiting: waiter)
      try display.finish(try display.present(frame), waiting: waiter)
    }
    rig.machine.setOutput(0, to: .init(width: 32, height: 16))
    rig.takeInterrupts()
    let waiter = display.interruptWaiter(timeout: .seconds(1))
    #expect(try display.takeDisplayEvent(waiting: waiter))
    #expect(display.scanouts[0].width == 32)
  }

  @Test(
    "MSIX-1, MSIX-4, MSIX-5: tables of any size, from 1 to 2048 vectors",
    arguments: [(1, 1), (2, 2), (3, 3), (4, 3), (2047, 3), (2048, 3)])
  func tableSizes(size: Int, expected: Int) throws {
    let rig = try rig(size)
    var display = try rig.open()
    #expect(try rig.interrupts().vectorCount == expected)
    try live(rig, &display)
    let handled = rig.takeHandled()
    let queue = min(expected - 1, 1)
    #expect(handled.contains(.vector(queue, true)) && handled.contains(.vector(0, true)))
    #expect(handled.allSatisfy { $0 == .vector(queue, true) || $0 == .vector(0, true) })
    #expect(!(try rig.interrupts().route(size, to: MSIMessage(address: 0, data: 0))))
    #expect(!(try rig.interrupts().route(-1, to: MSIMessage(address: 0, data: 0))))
    #expect(!(try rig.interrupts().route(0, to: MSIMessage(address: 2, data: 0))))
    #expect(try rig.finish(display) == [])
  }

  @Test("without MSI-X there is the line, which is off until somebody wants it")
  func withoutMessages() throws {
    let rig = try rig(0)
    var display = try rig.open()
    let interrupts = try rig.interrupts()
    #expect(interrupts.vectorCount == 0 && interrupts.linePin == 1)
    #expect(!interrupts.route(0, to: MSIMessage(address: 0, data: 0)))
    rig.machine.setOutput(0, to: .init(width: 8, height: 8))
    #expect(!rig.machine.pullsLine && rig.machine.takeInterrupts() == [])
    try live(rig, &display)
    let handled = rig.takeHandled()
    #expect(!handled.isEmpty && handled.allSatisfy { $0 == .line(true) })
    #expect(try rig.finish(display) == [])
  }

  @Test(
    "MSIX-5: a device that refuses a vector is asked for fewer: at the cursor queue, at the control queue",
    arguments: [(1, 2), (0, 1)])
  func refusedOnce(queue: Int, expected: Int) throws {
    let rig = try rig(3, [ModelFault(on: .write(.queueVector), skipping: queue, .ignored)])
    var display = try rig.open()
    #expect(try rig.interrupts().vectorCount == expected)
    try live(rig, &display)
    let handled = rig.takeHandled()
    #expect(handled.contains(.vector(expected - 1, true)))
    #expect(handled.allSatisfy { $0 == .vector(0, true) || $0 == .vector(expected - 1, true) })
    #expect(try rig.finish(display) == [])
  }

  @Test(
    "MSIX-5: a device that refuses every vector, for whichever part, is driven by its line",
    arguments: [
      ModelFault(on: .write(.queueVector), count: 9, .ignored),
      ModelFault(on: .write(.queueVector), skipping: 1, count: 9, .ignored),
      ModelFault(on: .write(configurationVector), count: 9, .ignored),
    ])
  func refused(_ fault: ModelFault) throws {
    let rig = try rig(3, [fault])
    var display = try rig.open()
    #expect(try rig.interrupts().vectorCount == 0)
    try live(rig, &display)
    #expect(rig.takeHandled().allSatisfy { $0 == .line(true) })
    #expect(try rig.finish(display) == [])
  }

  @Test("the driver takes no more vectors than it was told to", arguments: 0...3)
  func limited(limit: Int) throws {
    let rig = try rig(3)
    var display = try rig.open(maximumVectorCount: limit)
    #expect(try rig.interrupts().vectorCount == limit)
    try live(rig, &display)
    let queue: InterruptRig.Handled = limit == 0 ? .line(true) : .vector(min(limit - 1, 1), true)
    #expect(rig.takeHandled().contains(queue))
    #expect(try rig.finish(display) == [])
  }

  @Test("a device that reads back nonsense is driven by its line, or not by interrupts at all")
  func nonsense() throws {
    for register in [.queueVector, Self.configurationVector] as [ModelRegister] {
      for action in [.restless, .value(5), .value(0xffff)]
        as [ModelFault.Action]
      {
        let rig = try rig(3, [ModelFault(on: .read(register), count: 9, action)])
        let display = try rig.open()
        #expect(try rig.interrupts().vectorCount == 0)
        #expect(try rig.finish(display) == [])
      }
    }
  }

  @Test("messages are held back until they are let out; then come those that were held back")
  func functionMask() throws {
    let rig = try rig(3)
    var display = try rig.open()
    try rig.connect(display.interruptHandler)
    try rig.interrupts().mask()
    display.enableInterrupts()
    let frame = try display.nextFrame(waiting: patience)
    try display.finish(try display.present(frame), waiting: patience)
    rig.machine.setOutput(0, to: .init(width: 64, height: 48))
    rig.takeInterrupts()
    #expect(rig.takeHandled() == [])
    try rig.interrupts().unmask()
    rig.takeInterrupts()
    #expect(rig.takeHandled() == [.vector(0, true), .vector(1, true)])
    #expect(try rig.finish(display) == [])
  }

  @Test("the line takes over from messages, for good")
  func fromMessagesToLine() throws {
    let rig = try rig(3)
    var display = try rig.open()
    let interrupts = try rig.interrupts()
    interrupts.enableLine()
    #expect(interrupts.vectorCount == 0)
    try live(rig, &display)
    #expect(rig.takeHandled().allSatisfy { $0 == .line(true) })
    interrupts.unmask()
    #expect(interrupts.vectorCount == 0)
    interrupts.disableLine()
    rig.machine.setOutput(0, to: .init(width: 64, height: 48))
    #expect(!rig.machine.pullsLine)
    #expect(try rig.finish(display) == [])
  }
}
