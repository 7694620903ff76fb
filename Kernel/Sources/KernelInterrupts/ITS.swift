public import VirtIO

/// An interrupt translation service (ITS): turns messages of devices into local interrupts (LPIs).
///
/// Its tables are memory, reached like registers. All interrupts go to one CPU. Commands are waited
/// for, and the wait is bounded.
///
/// - Spec: Arm Generic Interrupt Controller Architecture Specification (IHI 0069) §5 "Locality-specific
///   Peripheral Interrupts and the ITS"
public struct ITS<Access: RegisterAccess, Processor: GICProcessor> {
  let registers: RegisterWindow<Access>
  let processor: Processor
  private let target: ITSTarget
  private let commands: RegisterWindow<Access>
  /// A byte for each local interrupt.
  private let properties: RegisterWindow<Access>
  /// How many devices its table holds.
  private let deviceCount: UInt64
  /// How long an entry of a device's table is.
  private let eventByteCount: UInt
  /// The event behind each local interrupt that was given out, in the order of their numbers.
  private var events = FixedArray<32, Event>(repeating: Event())
  private var eventCount = 0

  private struct Event {
    var device: UInt32 = 0
    var event: UInt32 = 0
  }

  private static var control: UInt { 0x0000 }
  private static var kind: UInt { 0x0008 }
  private static var commandBase: UInt { 0x0080 }
  private static var commandWriter: UInt { 0x0088 }
  private static var commandReader: UInt { 0x0090 }
  private static var translator: UInt64 { 0x1_0040 }
  private static var queueByteCount: UInt { 4096 }
  /// Numbers of 14 bits: local interrupts from 8192 to 16383.
  private static var idBits: UInt32 { 14 }

  /// Where a device writes the number of its event.
  public var address: UInt64 { UInt64(registers.base) &+ Self.translator }

  /// Sets up a translation service, and the local interrupts of this CPU.
  ///
  /// - Parameters:
  ///   - registers: At least 128 KiB.
  ///   - idBits: How many bits the numbers of interrupts have.
  ///   - allocate: Gives zeroed memory, where the service sees it under the same address; a number of
  ///     bytes at a multiple of another. It is never given back.
  /// - Throws: ``InterruptError``; memory that was taken by then is lost.
  public init(
    _ registers: RegisterWindow<Access>, redistributor: Redistributor<Access>, idBits: UInt32,
    processor: Processor,
    allocate: (_ byteCount: Int, _ alignment: Int) -> RegisterWindow<Access>?
  ) throws(InterruptError) {
    guard registers.byteCount >= 0x2_0000 else { throw .regionTooSmall(.translationService) }
    try GICv3Version.check(registers, .translationService)
    let kind = registers.read64(at: Self.kind)
    guard kind & 1 != 0, idBits >= Self.idBits, redistributor.hasLocalInterrupts else {
      throw .noLocalInterrupts
    }
    self.registers = registers
    self.processor = processor
    target =
      kind >> 19 & 1 == 1
      ? .address(redistributor.address) : .processor(redistributor.processorNumber)
    eventByteCount = UInt(kind >> 4 & 15) &+ 1
    try Self.stop(registers)
    var tables = ITSTables(registers, kind: kind)
    try tables.place(allocate)
    deviceCount = tables.deviceCount
    commands = try Self.take(Self.queueByteCount, allocate)
    properties = try Self.take(1 << UInt(Self.idBits) &- 8192, allocate)
    let pending = try Self.take(1 << UInt(Self.idBits) / 8, allocate)
    processor.synchronize()
    try redistributor.enableLocalInterrupts(
      properties: UInt64(properties.base), pending: UInt64(pending.base), idBits: Self.idBits)
    // Valid, inner shareable write-back memory, one page of 4 KiB.
    registers.write64(
      1 << 63 | 7 << 59 | 1 << 10 | UInt64(commands.base), at: Self.commandBase)
    registers.write64(0, at: Self.commandWriter)
    registers.write32(1, at: Self.control)
    try send(.mapCollection(0, to: target))
    try send(.synchronize(target))
  }

  private static func take(
    _ byteCount: UInt, _ allocate: (Int, Int) -> RegisterWindow<Access>?
  ) throws(InterruptError) -> RegisterWindow<Access> {
    // Tables of local interrupts start at a multiple of 64 KiB, others at less.
    guard let memory = allocate(Int(bitPattern: byteCount), 0x1_0000) else {
      throw .noMemory(byteCount: Int(bitPattern: byteCount))
    }
    return memory
  }

  /// Switches it off, and waits until it has nothing more to do.
  private static func stop(_ registers: RegisterWindow<Access>) throws(InterruptError) {
    registers.write32(0, at: control)
    guard Patience.wait({ registers.read32(at: control) & (1 << 31 | 1) == 1 << 31 }) else {
      throw .noAnswer(.translationService)
    }
  }

  // MARK: Devices

  /// Gives a device local interrupts, disabled: its event 0 is the first, and so on.
  ///
  /// Blocks for as long as the commands take, which is bounded.
  ///
  /// - Parameters:
  ///   - device: Its number, as the service sees it.
  ///   - count: How many, 1 to 32.
  ///   - allocate: As in the initializer.
  /// - Returns: The first; the others follow it.
  /// - Throws: `deviceOutOfRange`, `noRoom`, `noMemory`, `commandRefused`, `noAnswer`.
  public mutating func map(
    device: UInt32, count: Int,
    allocate: (_ byteCount: Int, _ alignment: Int) -> RegisterWindow<Access>?
  ) throws(InterruptError) -> InterruptID {
    guard UInt64(device) < deviceCount else { throw .deviceOutOfRange(device) }
    guard count > 0, count <= events.count &- eventCount else { throw .noRoom }
    let table = try Self.take(max(32 &* eventByteCount, 256), allocate)
    processor.synchronize()
    try send(.mapDevice(device, eventBits: 5, table: UInt64(table.base)))
    let first = eventCount
    for index in 0..<count {
      let event = UInt32(truncatingIfNeeded: index)
      let id = Self.id(first &+ index)
      try send(.mapEvent(event, of: device, to: id, in: 0))
      events[first &+ index] = Event(device: device, event: event)
      eventCount &+= 1
    }
    try send(.synchronize(target))
    return Self.id(first)
  }

  private static func id(_ place: Int) -> InterruptID {
    InterruptID(
      rawValue: InterruptID.firstLocal.rawValue &+ UInt32(truncatingIfNeeded: place))
  }

  /// Lets a local interrupt through, or keeps it back.
  ///
  /// - Throws: `noSuchInterrupt`, `commandRefused`, `noAnswer`.
  public func set(_ id: InterruptID, enabled: Bool, priority: InterruptPriority = .normal)
    throws(InterruptError)
  {
    let place = Int(id.rawValue &- InterruptID.firstLocal.rawValue)
    guard id.isLocal, place < eventCount else { throw .noSuchInterrupt(id.rawValue) }
    properties.write8(priority.rawValue & 0xfc | (enabled ? 1 : 0), at: UInt(bitPattern: place))
    try send(.invalidate(events[place].event, of: events[place].device))
    try send(.synchronize(target))
  }

  // MARK: Commands

  /// Gives a command, and waits until the service has taken it.
  private func send(_ command: ITSCommand) throws(InterruptError) {
    let offset = UInt(registers.read32(at: Self.commandWriter)) & (Self.queueByteCount &- 32)
    for index in command.words.indices {
      commands.write64(command.words[index], at: offset &+ 8 &* UInt(index))
    }
    processor.synchronize()
    let next = (offset &+ 32) & (Self.queueByteCount &- 1)
    registers.write64(UInt64(next), at: Self.commandWriter)
    let registers = self.registers
    var isStalled = false
    let isDone = Patience.wait {
      let reader = registers.read32(at: Self.commandReader)
      isStalled = reader & 1 != 0
      return isStalled || UInt(reader) & 0xf_ffe0 == next
    }
    if isStalled { throw .commandRefused }
    if !isDone { throw .noAnswer(.translationService) }
  }
}
