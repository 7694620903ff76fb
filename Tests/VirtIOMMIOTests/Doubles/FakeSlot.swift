import VirtIO

/// The registers of a device in memory. It records each access, and knows which it must refuse.
final class FakeSlot: RegisterAccess, @unchecked Sendable {
  /// An access, with its offset in the slot.
  struct Access: Equatable {
    let offset: UInt
    let width: Int
    /// Nil if it was a read.
    let written: UInt32?

    static func read(_ offset: UInt, _ width: Int = 4) -> Self {
      Self(offset: offset, width: width, written: nil)
    }

    static func write(_ offset: UInt, _ value: UInt32, _ width: Int = 4) -> Self {
      Self(offset: offset, width: width, written: value)
    }
  }

  struct Queue {
    var maximumSize: UInt32 = 64
    var size: UInt32 = 0
    var ready: UInt32 = 0
    /// The three areas, each its low and its high half.
    var areas: [UInt32] = Array(repeating: 0, count: 6)
  }

  let base: UInt = 0x0a00_0000
  var byteCount: UInt = 0x200

  // What the device is like.

  var magic: UInt32 = 0x7472_6976
  var version: UInt32 = 2
  var deviceID: UInt32 = 16
  var offered: UInt64 = 1 << 32
  var generation: UInt32 = 0
  var interruptStatus: UInt32 = 0
  var queues = [Queue(), Queue(maximumSize: 16)]
  var configuration: [UInt8] = Array(0..<32)
  /// What `QueueReady` reads as, after this was written; by default the same.
  var readyAfter: (UInt32) -> UInt32 = { $0 }
  /// How many more times `QueueReset` reads 1 after a reset was asked for; nil if there is no such
  /// register: then it reads 0, and nothing is reset.
  var resetReads: Int? = 0
  /// Called with what is written to `QueueNotify`.
  var onNotify: (UInt32) -> Void = { _ in }

  // What the driver has made of it.

  var status: UInt32 = 0
  private(set) var accepted: UInt64 = 0
  private(set) var acknowledged: [UInt32] = []
  private(set) var accesses: [Access] = []
  /// What the driver did that it must not, by the ids of the rules.
  private(set) var violations: [String] = []

  private var deviceFeaturesSelect: UInt32?
  private var driverFeaturesSelect: UInt32?
  private var queueSelect: UInt32 = 0
  /// 0 was written to `QueueReady`, which was not read since.
  private var isUnsynchronized = false
  /// Which queue is being reset, and how many more times that reads as not done.
  private var resetting: (queue: Int, readsLeft: Int)?

  func clear() { accesses.removeAll() }

  var window: RegisterWindow<FakeSlot>? {
    RegisterWindow(self, base: base, byteCount: byteCount)
  }

  private var queue: Int? { queues.indices.contains(Int(queueSelect)) ? Int(queueSelect) : nil }

  // MARK: What is allowed

  private static let readable: Set<UInt> = [
    0x000, 0x004, 0x008, 0x00c, 0x010, 0x034, 0x044, 0x060, 0x070, 0x0b0, 0x0b4, 0x0b8, 0x0bc,
    0x0c0, 0x0fc,
  ]
  private static let writable: Set<UInt> = [
    0x014, 0x020, 0x024, 0x030, 0x038, 0x044, 0x050, 0x064, 0x070, 0x080, 0x084, 0x090, 0x094,
    0x0a0, 0x0a4, 0x0ac, 0x0c0,
  ]

  private func check(_ access: Access) {
    accesses.append(access)
    let offset = access.offset
    if offset >= 0x100 {
      if offset - 0x100 + UInt(access.width) > UInt(configuration.count) {
        complain("MMIO-1", access)
      }
      return
    }
    if access.width != 4 || offset & 3 != 0 { complain("MMIO-4", access) }
    if !Self.readable.contains(offset), !Self.writable.contains(offset) {
      complain("MMIO-1", access)
    } else if access.written == nil, !Self.readable.contains(offset) {
      complain("MMIO-3", access)
    } else if access.written != nil, !Self.writable.contains(offset) {
      complain("MMIO-2", access)
    }
    if (0x0ac...0x0bc).contains(offset) { complain("MMIO-INIT-5", access) }
    if deviceID == 0, offset > 0x008 { complain("MMIO-INIT-4", access) }
    if isUnsynchronized, offset != 0x044 { complain("MMIO-19", access) }
  }

  private func complain(_ rule: String, _ access: Access) {
    violations.append("\(rule): \(access)")
  }

  // MARK: Reads

  private func read(_ address: UInt, _ width: Int) -> UInt32 {
    let access = Access.read(address - base, width)
    check(access)
    switch access.offset {
    case 0x000: return magic
    case 0x004: return version
    case 0x008: return deviceID
    case 0x010: return offeredWord(access)
    case 0x034: return queue.map { queues[$0].maximumSize } ?? 0
    case 0x044:
      isUnsynchronized = false
      return queue.map { readyAfter(queues[$0].ready) } ?? 0
    case 0x060: return interruptStatus
    case 0x070: return status
    case 0x0c0: return queueReset(access)
    case 0x0fc: return generation
    case 0x100...: return configurationValue(Int(access.offset - 0x100), width)
    default: return .max
    }
  }

  private func queueReset(_ access: Access) -> UInt32 {
    if accepted >> 40 & 1 == 0 { complain("MMIO-1", access) }
    guard let current = resetting, current.queue == queue else { return 0 }
    guard current.readsLeft == 0 else {
      resetting?.readsLeft -= 1
      return 1
    }
    resetting = nil
    queues[current.queue].ready = 0
    return 0
  }

  private func offeredWord(_ access: Access) -> UInt32 {
    guard let select = deviceFeaturesSelect else {
      complain("MMIO-14", access)
      return 0
    }
    return select < 2 ? UInt32(truncatingIfNeeded: offered >> (32 * UInt64(select))) : 0
  }

  private func configurationValue(_ offset: Int, _ width: Int) -> UInt32 {
    (0..<width).reduce(0) { value, index in
      let place = offset + index
      return value | UInt32(place < configuration.count ? configuration[place] : 0) << (8 * index)
    }
  }

  func read8(_ address: UInt) -> UInt8 { UInt8(truncatingIfNeeded: read(address, 1)) }
  func read16(_ address: UInt) -> UInt16 { UInt16(truncatingIfNeeded: read(address, 2)) }
  func read32(_ address: UInt) -> UInt32 { read(address, 4) }

  // MARK: Writes

  private func write(_ address: UInt, _ value: UInt32, _ width: Int) {
    let access = Access.write(address - base, value, width)
    check(access)
    switch access.offset {
    case 0x014: deviceFeaturesSelect = value
    case 0x020: accept(value, access)
    case 0x024: driverFeaturesSelect = value
    case 0x030: queueSelect = value
    case 0x038, 0x044, 0x080...0x0a4: writeQueue(access, value)
    case 0x050: onNotify(value)
    case 0x064:
      if value & ~3 != 0 { complain("MMIO-22", access) }
      interruptStatus &= ~value
      acknowledged.append(value)
    case 0x070:
      status = value
      if value == 0 { for index in queues.indices { queues[index].ready = 0 } }
    case 0x0c0:
      guard let index = queue, let resetReads, value == 1, accepted >> 40 & 1 == 1 else { break }
      resetting = (index, resetReads)
    default: break
    }
  }

  private func accept(_ value: UInt32, _ access: Access) {
    guard let select = driverFeaturesSelect else { return complain("MMIO-15", access) }
    let shift = 32 * UInt64(select & 1)
    accepted = accepted & ~(0xffff_ffff << shift) | UInt64(value) << shift
  }

  private func writeQueue(_ access: Access, _ value: UInt32) {
    guard let index = queue else { return complain("no queue", access) }
    if access.offset == 0x044 {
      queues[index].ready = value
      isUnsynchronized = value == 0
      return
    }
    if resetting?.queue == index { complain("MMIO-23", access) }
    if queues[index].ready != 0 { complain("MMIO-17", access) }
    if access.offset == 0x038 {
      if value > queues[index].maximumSize { complain("MMIO-16", access) }
      queues[index].size = value
    } else {
      let place = access.offset - 0x080
      queues[index].areas[Int(place / 16 * 2 + place / 4 % 4)] = value
    }
  }

  func write8(_ address: UInt, _ value: UInt8) { write(address, UInt32(value), 1) }
  func write16(_ address: UInt, _ value: UInt16) { write(address, UInt32(value), 2) }
  func write32(_ address: UInt, _ value: UInt32) { write(address, value, 4) }
}
