import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Each fault that can be programmed, and what our driver says to it.
@Suite struct FaultTests {
  /// Why the driver does not take a machine into service.
  private func openError(_ change: (inout ModelConfiguration) -> Void) throws -> GPUError? {
    var configuration = ModelConfiguration()
    change(&configuration)
    let machine = ModelMachine(configuration)
    do {
      let display = try Display.open(
        machine.makeTransport(), on: machine.platform, waiting: patience)
      try display.close(waiting: patience)
    } catch let error as GPUError {
      #expect(machine.violations == [])
      return error
    }
    return nil
  }

  /// Why the first frame fails on a device with a fault in a command.
  private func frameError(_ faults: ModelFault...) throws -> GPUError? {
    let machine = ModelMachine()
    var display = try machine.open()
    _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
    for fault in faults { machine.inject(fault) }
    var found: GPUError?
    do {
      let presentation = try display.present(display.nextFrame(waiting: patience))
      try display.finish(presentation, waiting: patience)
    } catch {
      found = error
    }
    machine.clearFaults()
    try? display.close(waiting: patience)
    #expect(machine.violations == [])
    return found
  }

  private let flush = ModelFault.Event.command(0x104)
  private func failure(_ reason: CommandFailure.Reason, _ type: CommandType = .resourceFlush)
    -> (GPUError?) -> Bool
  {
    { error in
      guard case .command(let failure) = error else { return false }
      return failure.reason == reason && failure.subject.command == type
    }
  }

  // MARK: The handshake

  @Test("RESET-1: a status that stays as it is") func stuckStatus() throws {
    let error = try openError {
      $0.faults = [ModelFault(on: .read(.deviceStatus), count: .max, .value(0x40))]
    }
    #expect(error == .device(.neverReset(status: .needsReset)))
  }

  @Test("RESET-1, PCI-COM-9: a reset that takes its time") func slowReset() throws {
    #expect(
      try openError { $0.faults = [ModelFault(on: .read(.deviceStatus), count: 9, .value(7))] }
        == nil)
  }

  @Test("FEAT-13, FEAT-14, RFB-2: no VERSION_1") func noVersion() throws {
    let error = try openError { $0.offeredFeatures = 2 }
    #expect(
      error == .device(.missingFeatures(required: .version1, offered: Features(rawValue: 2))))
  }

  @Test("INIT-10, INIT-11, INIT-14, INIT-15: FEATURES_OK does not stay") func refusedFeatures()
    throws
  {
    let error = try openError {
      $0.faults = [ModelFault(on: .write(.deviceStatus), skipping: 3, .refuseFeatures)]
    }
    guard case .device(.featuresRefused) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("FEAT-4, FEAT-5, FEAT-6, FEAT-7, FEAT-10, FEAT-11, FEAT-15: whatever else is on offer")
  func everythingOffered() throws {
    let defined: UInt64 = 1 << 34 | 1 << 38 | 1 << 39
    #expect(try openError { $0.offeredFeatures = ~defined } == nil)
  }

  @Test("FEAT-12: nothing but VERSION_1 on offer") func bareDevice() throws {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures = 1 << 32
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    #expect(throws: GPUError.notOffered(.edid)) {
      _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
    }
    let presentation = try display.present(display.nextFrame(waiting: patience))
    try display.finish(presentation, waiting: patience)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test(
    """
    F-GENERATION, CFG-2, CFG-3: a generation that never settles
    """) func restlessGeneration() throws
  {
    let error = try openError {
      $0.faults = [ModelFault(on: .read(.configGeneration), count: .max, .restless)]
    }
    #expect(error == .device(.configurationUnstable))
  }

  @Test("CFG-3: a generation that changes once") func oneChange() throws {
    #expect(
      try openError { $0.faults = [ModelFault(on: .read(.configGeneration), .value(200))] } == nil)
  }

  @Test(
    "Q34, H17, PCI-VQ-D-1, SPLIT-D-1: queues of every size",
    arguments: [0, 1, 2, 8, 16, 1024, 32768])
  func queueSize(_ size: UInt16) throws {
    let error = try openError { $0.queueSizes = [size, 16] }
    switch size {
    case 0: #expect(error == .device(.queueMissing(index: 0)))
    case 1, 2, 8:
      guard case .device(.queueTooSmall(index: 0, _)) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    default: #expect(error == nil)
    }
    let cursor = try openError { $0.queueSizes = [64, size] }
    #expect(size == 0 ? cursor == .device(.queueMissing(index: 1)) : cursor == nil)
  }

  @Test("PCI-NOTIFY-D-1: a place to notify at that is outside, or shared") func notifyOffset()
    throws
  {
    let error = try openError {
      $0.faults = [ModelFault(on: .read(.queueNotifyOffset), .value(0xfff0))]
    }
    #expect(error == .device(.notificationOutOfRange(index: 0, offset: 0xfff0)))
    #expect(try openError { $0.notifyMultiplier = 0 } == nil)
  }

  @Test("SPLIT-KICK-3: a device that does not want to be notified") func suppressed() throws {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures &= ~Features.eventIndex.rawValue
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    let count = machine.notificationCount(ofQueue: 0)
    machine.inject(ModelFault(on: .poll, .suppressNotifications(true)))
    machine.poll()
    _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
    #expect(machine.notificationCount(ofQueue: 0) == count)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  // MARK: Answers

  @Test(
    """
    F-TYPE, F-USEDLEN, F-FENCE, SPLIT-USED-1, SPLIT-USED-2, GPU-D-8: answers of any type, length, \
    fence and content
    """)
  func answers()
    throws
  {
    #expect(failure(.refused(.unspecified))(try frameError(.init(on: flush, .refuse(0x1200)))))
    #expect(failure(.refused(.outOfMemory))(try frameError(.init(on: flush, .type(0x1201)))))
    #expect(failure(.unexpected(.okEDID))(try frameError(.init(on: flush, .type(0x1104)))))
    #expect(failure(.short(byteCount: 23))(try frameError(.init(on: flush, .length(23)))))
    #expect(try frameError(.init(on: flush, .length(.max))) == nil)
    #expect(
      failure(.fence(expected: 1, found: nil))(try frameError(.init(on: flush, .flags(0)))))
    #expect(failure(.fence(expected: 1, found: 9))(try frameError(.init(on: flush, .fence(9)))))
    #expect(try frameError(.init(on: flush, .word(offset: 16, value: 1))) == nil)
  }

  @Test(
    "GPU-D-8: every command of a frame refused", arguments: [0x101, 0x103, 0x104, 0x105, 0x106])
  func refused(_ type: UInt32) throws {
    let error = try frameError(ModelFault(on: .command(type), .refuse(0x1203)))
    #expect(
      failure(.refused(.invalidResourceID), CommandType(rawValue: type))(error)
        || failure(.refused(.unspecified), CommandType(rawValue: type))(error))
  }

  @Test("F-USEDID, SPLIT-D-7: ids and indices that are wrong") func ring() throws {
    #expect(
      try frameError(.init(on: flush, .id(63))) == .queue(.broken(.usedElement(id: 63))))
    #expect(
      try frameError(.init(on: flush, .id(.max))) == .queue(.broken(.usedElement(id: .max))))
    guard case .queue(.broken(.usedIndex)) = try frameError(.init(on: flush, .duplicate)) else {
      Issue.record("a duplicate went unnoticed")
      return
    }
    let error = try frameError(.init(on: flush, .usedIndex(queue: 0, by: 0x100)))
    guard case .queue(.broken(.usedIndex)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test("CLEAN-1, GPU-CUR-2: late answers, and answers in another order") func late() throws {
    #expect(try frameError(.init(on: flush, .delay(polls: 20))) == nil)
    #expect(try frameError(.init(on: .command(0x105), .overtaken)) == nil)
    #expect(try frameError(.init(on: .buffer(queue: 0), count: 5, .delay(polls: 3))) == nil)
  }

  @Test("F-TIMEOUT, CLEAN-2: no answer at all") func dropped() throws {
    guard case .timedOut(let subject, needsReset: false) = try frameError(.init(on: flush, .drop))
    else {
      Issue.record("it did not time out")
      return
    }
    #expect(subject.command == .resourceFlush)
  }

  @Test(
    "F-NEEDSRESET, STATUS-4: a device that breaks is reported as such") func needsReset() throws
  {
    let machine = ModelMachine()
    var display = try machine.open()
    _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
    let frame = try display.nextFrame(waiting: patience)
    machine.inject(ModelFault(on: flush, .needsReset))
    let presentation = try display.present(frame)
    #expect {
      try display.finish(presentation, waiting: patience)
    } throws: { error in
      guard case .timedOut(_, needsReset: true) = error as? GPUError else { return false }
      return true
    }
    #expect(machine.violations == [])
    try? display.close(waiting: patience)
    #expect(machine.liveAllocationCount == 0)
    #expect(machine.finish() == [])
  }

  @Test("interrupts and events for no reason") func spurious() throws {
    #expect(try frameError(.init(on: flush, .interrupt), .init(on: flush, .displayEvent)) == nil)
  }

  @Test("INIT-14: a write that has no effect") func ignoredWrite() throws {
    let error = try openError {
      $0.faults = [ModelFault(on: .write(.deviceStatus), skipping: 3, .ignored)]
    }
    guard case .device(.featuresRefused) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  // MARK: Memory

  @Test("CLEAN-2, INIT-14: every allocation fails once", arguments: 0..<8)
  func allocation(_ number: Int) throws {
    let machine = ModelMachine()
    machine.failAllocations(number..<number + 1)
    var succeeded = false
    do {
      var display = try machine.open()
      do {
        _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
        let image = [UInt32](repeating: 0, count: 64 * 64)
        let presentation = try display.present(display.nextFrame(waiting: patience))
        try display.finish(presentation, waiting: patience)
        try display.setCursor(
          image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: patience)
        succeeded = true
      } catch {
        guard case .outOfMemory = error else {
          Issue.record("\(error)")
          return
        }
      }
      try display.close(waiting: patience)
    } catch let error as GPUError {
      switch error {
      case .outOfMemory, .device(.outOfMemory): break
      default: Issue.record("\(error)")
      }
    }
    #expect(succeeded == (number >= 7))
    #expect(machine.finish() == [])
  }
}
