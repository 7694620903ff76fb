import Testing
import VirtIO
import VirtIOPCI
import VirtIOTesting

/// A driver without manners, that does the same to the model and to QEMU's device, and writes down
/// what it sees of either.
final class CrossDriver {
  /// The structures of the device, by the numbers of their capabilities.
  enum Place: UInt8 {
    case configuration = 0
    case common = 1
    case notification = 2
    case interruptStatus = 3
    case device = 4
    /// Where there is no PCI: all of the device, at the offsets of that bus.
    case registers = 0xff
  }

  /// A register that both buses have.
  struct Register {
    /// Its place in PCI's common configuration.
    let offset: UInt
    let width: Int
    /// Its place among the registers in memory.
    let inMemory: UInt

    static let offerSelect = Self(offset: 0x00, width: 4, inMemory: 0x014)
    static let offer = Self(offset: 0x04, width: 4, inMemory: 0x010)
    static let answerSelect = Self(offset: 0x08, width: 4, inMemory: 0x024)
    static let answer = Self(offset: 0x0c, width: 4, inMemory: 0x020)
    static let status = Self(offset: 0x14, width: 1, inMemory: 0x070)
    static let queueSelect = Self(offset: 0x16, width: 2, inMemory: 0x030)
    static let queueSize = Self(offset: 0x18, width: 2, inMemory: 0x038)
    static let queueEnable = Self(offset: 0x1c, width: 2, inMemory: 0x044)
    static let queueReset = Self(offset: 0x3a, width: 2, inMemory: 0x0c0)
    /// The low half of an area's address; the high half is 4 bytes behind.
    static func queueArea(_ area: Int) -> Self {
      Self(offset: 0x20 + 8 * UInt(area), width: 4, inMemory: 0x080 + 0x10 * UInt(area))
    }
    var high: Self { Self(offset: offset + 4, width: width, inMemory: inMemory + 4) }
  }

  /// What was seen, in order.
  private(set) var notes: [String] = []
  /// How far apart the notification registers of two queues are.
  private(set) var notifyMultiplier: UInt = 0
  /// Where the capability with the window on the BARs is, and that of the common configuration.
  private(set) var window: UInt = 0
  private(set) var commonCapability: UInt = 0
  private var bases: [Place: UInt] = [:]
  private let readBus: (UInt, Int) -> UInt64
  private let writeBus: (UInt, UInt64, Int) -> Void
  private let take: (Int) -> (any DMARegion)?
  private let giveBack: () -> Void
  private let resizeDisplay: (Int, Int) throws -> Void
  private let isSoon: (() -> Bool) -> Bool

  /// - Parameters:
  ///   - isSoon: Waits for something that the device does in its own time; says whether it came.
  ///   - resize: Gives the display of output 0 another size.
  convenience init<Access: RegisterAccess, P: Platform>(
    _ function: PCIFunction<Access>, on platform: P, isSoon: @escaping (() -> Bool) -> Bool,
    resize: @escaping (Int, Int) throws -> Void
  ) {
    self.init(function.configuration.access, on: platform, isSoon: isSoon, resize: resize)
    bases[.configuration] = function.configuration.base
    findStructures(function)
    write(.configuration, 0x04, 0x6, 2)
  }

  /// The same of a device whose registers lie in memory.
  convenience init<Access: RegisterAccess, P: Platform>(
    _ slot: RegisterWindow<Access>, on platform: P, isSoon: @escaping (() -> Bool) -> Bool,
    resize: @escaping (Int, Int) throws -> Void
  ) {
    self.init(slot.access, on: platform, isSoon: isSoon, resize: resize)
    bases[.registers] = slot.base
  }

  private init<Access: RegisterAccess, P: Platform>(
    _ access: Access, on platform: P, isSoon: @escaping (() -> Bool) -> Bool,
    resize: @escaping (Int, Int) throws -> Void
  ) {
    var taken: [P.Region] = []
    readBus = { address, width in
      switch width {
      case 1: UInt64(access.read8(address))
      case 2: UInt64(access.read16(address))
      default: UInt64(access.read32(address))
      }
    }
    writeBus = { address, value, width in
      switch width {
      case 1: access.write8(address, UInt8(truncatingIfNeeded: value))
      case 2: access.write16(address, UInt16(truncatingIfNeeded: value))
      default: access.write32(address, UInt32(truncatingIfNeeded: value))
      }
    }
    take = { byteCount in
      let region = platform.allocate(byteCount: byteCount, alignment: 4096)
      if let region { taken.append(region) }
      return region
    }
    giveBack = {
      for region in taken { platform.free(region) }
      taken = []
    }
    self.isSoon = isSoon
    resizeDisplay = resize
  }

  private func findStructures<Access: RegisterAccess>(_ function: PCIFunction<Access>) {
    var offset = UInt(read(.configuration, 0x34, 1)) & 0xfc
    var remaining = 48
    while offset >= 0x40, remaining > 0 {
      remaining -= 1
      if read(.configuration, offset, 1) == 0x09 { learn(offset, function) }
      offset = UInt(read(.configuration, offset + 1, 1)) & 0xfc
    }
  }

  private func learn<Access: RegisterAccess>(_ offset: UInt, _ function: PCIFunction<Access>) {
    let kind = UInt8(truncatingIfNeeded: read(.configuration, offset + 3, 1))
    if kind == 5 { window = offset }
    let bar = Int(read(.configuration, offset + 4, 1))
    guard let place = Place(rawValue: kind), place != .configuration, bar < 6,
      let base = function.bars[bar]?.base
    else { return }
    bases[place] = base + UInt(read(.configuration, offset + 8, 4))
    if place == .common { commonCapability = offset }
    if place == .notification {
      notifyMultiplier = UInt(read(.configuration, offset + 16, 4))
    }
  }

  // MARK: Registers

  func read(_ place: Place, _ offset: UInt, _ width: Int) -> UInt64 {
    readBus((bases[place] ?? 0) + offset, width)
  }
  func write(_ place: Place, _ offset: UInt, _ value: UInt64, _ width: Int) {
    writeBus((bases[place] ?? 0) + offset, value, width)
  }

  private var isInMemory: Bool { bases[.registers] != nil }
  func read(_ register: Register) -> UInt64 {
    isInMemory
      ? read(.registers, register.inMemory, 4) : read(.common, register.offset, register.width)
  }
  func write(_ register: Register, _ value: UInt64) {
    if isInMemory {
      write(.registers, register.inMemory, value, 4)
    } else {
      write(.common, register.offset, value, register.width)
    }
  }

  var status: UInt64 { read(.status) }
  func writeStatus(_ value: UInt64) { write(.status, value) }
  func select(_ queue: UInt64) { write(.queueSelect, queue) }
  /// Reads the interrupt status and clears it.
  var interruptStatus: UInt64 {
    guard isInMemory else { return read(.interruptStatus, 0, 1) }
    let causes = read(.registers, 0x060, 4)
    write(.registers, 0x064, causes, 4)
    return causes
  }
  /// Notifies a queue.
  func ring(_ queue: UInt16) {
    if isInMemory {
      write(.registers, 0x050, UInt64(queue), 4)
    } else {
      write(.notification, UInt(queue) * notifyMultiplier, UInt64(queue), 2)
    }
  }

  // MARK: Steps, by the rules

  /// Takes the device back to where it was, and all memory from it.
  func reset() {
    writeStatus(0)
    _ = wait { self.status == 0 }
  }

  /// Begins a new case.
  func begin() {
    reset()
    giveBack()
    _ = interruptStatus
    notes = []
  }

  /// The same, and says what was seen.
  func end() -> [String] {
    let seen = notes
    begin()
    return seen
  }

  /// Reads what says that the registers in memory are those of a device.
  func identify() {
    for offset in [0x000, 0x004, 0x008] as [UInt] { _ = read(.registers, offset, 4) }
  }

  func acknowledge() {
    if isInMemory { identify() }
    reset()
    writeStatus(1)
    writeStatus(3)
  }

  func readFeatures() -> UInt64 {
    write(.offerSelect, 0)
    let low = read(.offer)
    write(.offerSelect, 1)
    return read(.offer) << 32 | low
  }

  func writeFeatures(_ features: UInt64) {
    write(.answerSelect, 0)
    write(.answer, features & 0xffff_ffff)
    write(.answerSelect, 1)
    write(.answer, features >> 32)
  }

  static let version1: UInt64 = 1 << 32
  static let packed: UInt64 = 1 << 34
  static let accessPlatform: UInt64 = 1 << 33
  static let ringReset: UInt64 = 1 << 40

  func negotiate(_ features: UInt64 = 0) {
    acknowledge()
    _ = readFeatures()
    writeFeatures(Self.version1 | features)
    writeStatus(0xb)
    _ = status
  }

  /// All steps, with both queues.
  func bringUp(_ features: UInt64 = 0) throws -> (control: CrossQueue, cursor: CrossQueue) {
    negotiate(features)
    let control = try CrossQueue(self, index: 0, size: 64)
    control.enable()
    let cursor = try CrossQueue(self, index: 1, size: 16)
    cursor.enable()
    writeStatus(0xf)
    return (control, cursor)
  }

  /// All steps, with a control queue that is packed.
  func bringUpPacked(_ features: UInt64 = 0, size: UInt16 = 64) throws -> CrossPackedQueue {
    negotiate(Self.packed | features)
    let control = try CrossPackedQueue(self, index: 0, size: size)
    control.enable()
    writeStatus(0xf)
    return control
  }

  /// Programs a queue and enables it; with a size of nil, it keeps the one that it has.
  func enable(_ queue: UInt16, size: UInt16?, _ addresses: [UInt64]) {
    select(UInt64(queue))
    if let size { write(.queueSize, UInt64(size)) }
    for (area, address) in addresses.enumerated() {
      write(.queueArea(area), address & 0xffff_ffff)
      write(.queueArea(area).high, address >> 32)
    }
    write(.queueEnable, 1)
  }

  func allocate(_ byteCount: Int) throws -> any DMARegion { try #require(take(byteCount)) }

  func resize(_ width: Int, _ height: Int) throws { try resizeDisplay(width, height) }

  // MARK: Notes

  /// Waits, by time or by tries, for something that the device does.
  func wait(_ condition: () -> Bool) -> Bool { isSoon(condition) }

  /// Writes down a number that was seen.
  func note(_ name: String, _ value: UInt64) {
    notes.append("\(name) 0x\(String(value, radix: 16))")
  }

  /// Writes down that something was so or not.
  func note(_ name: String, _ isSo: Bool) { notes.append("\(name) \(isSo ? "yes" : "no")") }

  /// Waits for DEVICE_NEEDS_RESET, and writes down how the device says it.
  func noteBreakdown() {
    note("needs reset", wait { self.status & 0x40 != 0 })
    note("interrupt", interruptStatus & 2)
  }
}
