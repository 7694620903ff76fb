/// The structures of a VirtIO device behind one BAR. It knows which access is allowed where.
///
/// Common configuration is at 0, ISR status at 0x1000, an MSI-X table at 0x1800, device configuration
/// at 0x2000, notification at 0x3000.
final class FakeRegisters: @unchecked Sendable {
  /// An access, with its offset in the BAR.
  struct Access: Equatable {
    let offset: Int
    let width: Int
    /// Nil if it was a read.
    let written: UInt32?

    static func read(_ offset: Int, _ width: Int) -> Self {
      Self(offset: offset, width: width, written: nil)
    }

    static func write(_ offset: Int, _ width: Int, _ value: UInt32) -> Self {
      Self(offset: offset, width: width, written: value)
    }
  }

  struct Queue {
    var size: UInt16 = 64
    var isEnabled = false
    var notifyOffset: UInt16 = 0
    var notifyConfigData: UInt16 = 0
    /// How many times the register will read 1; nil if for ever.
    var resetDelay: Int? = 0
    var vector: UInt16 = 0xffff
    var areas: [UInt32] = [0, 0, 0, 0, 0, 0]
  }

  let base: UInt = 0x8_0000_0000
  let byteCount: UInt = 0x4000

  var offered: UInt64 = 1 << 32
  var accepted: UInt64 = 0
  var status: UInt8 = 0
  var generation: UInt8 = 0
  var queues = [Queue(), Queue(size: 16, notifyOffset: 1)]
  var configuration: [UInt8] = Array(0..<16)
  var interruptStatus: UInt8 = 0
  /// What every queue size reads as, once it was written; nil for what was written.
  var sizeReadBack: UInt16?
  /// Whether queues cannot be enabled.
  var refusesQueues = false
  /// Whether every queue that is selected is the first.
  var ignoresSelection = false
  var configurationVector: UInt16 = 0xffff
  /// Which vectors the device has no resources for.
  var refusedVectors: Set<UInt16> = []
  /// The words of the MSI-X table.
  var table = [UInt32](repeating: 0, count: 512)

  private var deviceFeatureSelect: UInt32 = 0
  private var driverFeatureSelect: UInt32 = 0
  private var queueSelect = 0
  private(set) var accesses: [Access] = []
  /// What the driver did that it must not.
  private(set) var violations: [String] = []

  func clear() { accesses.removeAll() }

  var writes: [Access] { accesses.filter { $0.written != nil } }

  private struct Field {
    let width: Int
    let isWritable: Bool
  }

  /// The registers of the common configuration.
  private static let fields: [Int: Field] = {
    var fields: [Int: Field] = [:]
    for offset in [0x00, 0x08, 0x0c] { fields[offset] = Field(width: 4, isWritable: true) }
    fields[0x04] = Field(width: 4, isWritable: false)
    for offset in [0x10, 0x16, 0x18, 0x1a, 0x1c, 0x3a] {
      fields[offset] = Field(width: 2, isWritable: true)
    }
    for offset in [0x12, 0x1e, 0x38] { fields[offset] = Field(width: 2, isWritable: false) }
    fields[0x14] = Field(width: 1, isWritable: true)
    fields[0x15] = Field(width: 1, isWritable: false)
    for offset in stride(from: 0x20, to: 0x38, by: 4) {
      fields[offset] = Field(width: 4, isWritable: true)
    }
    return fields
  }()

  private func check(_ access: Access) {
    accesses.append(access)
    guard access.offset < 0x1000 else { return }
    guard let field = Self.fields[access.offset], field.width == access.width else {
      violations.append("PCI-ACC: \(access) is no register")
      return
    }
    if access.written != nil, !field.isWritable {
      violations.append("PCI-COM-1 to 5: \(access) writes what is read-only")
    }
  }

  func read(at offset: Int, width: Int) -> UInt32 {
    check(.read(offset, width))
    let queue = queues.indices.contains(queueSelect) ? queues[queueSelect] : nil
    switch offset {
    case 0x00: return deviceFeatureSelect
    case 0x04:
      return deviceFeatureSelect > 1
        ? 0 : UInt32(truncatingIfNeeded: offered >> (32 * UInt64(deviceFeatureSelect)))
    case 0x10: return UInt32(configurationVector)
    case 0x12: return UInt32(queues.count)
    case 0x14: return UInt32(status)
    case 0x15: return UInt32(generation)
    case 0x18: return UInt32(queue?.size ?? 0)
    case 0x1a: return UInt32(queue?.vector ?? 0xffff)
    case 0x1c: return queue?.isEnabled == true ? 1 : 0
    case 0x1e: return UInt32(queue?.notifyOffset ?? 0)
    case 0x38: return UInt32(queue?.notifyConfigData ?? 0)
    case 0x3a: return isResetting() ? 1 : 0
    case 0x1000:
      defer { interruptStatus = 0 }
      return UInt32(interruptStatus)
    case 0x1800..<0x2000: return table[(offset - 0x1800) / 4]
    case 0x2000..<0x3000:
      return (0..<width).reduce(0) { value, index in
        let place = offset - 0x2000 + index
        return value | UInt32(place < configuration.count ? configuration[place] : 0) << (8 * index)
      }
    default: return 0
    }
  }

  func write(_ value: UInt32, at offset: Int, width: Int) {
    check(.write(offset, width, value))
    switch offset {
    case 0x00: deviceFeatureSelect = value
    case 0x08: driverFeatureSelect = value
    case 0x0c:
      let shift = 32 * UInt64(driverFeatureSelect & 1)
      accepted = accepted & ~(0xffff_ffff << shift) | UInt64(value) << shift
    case 0x10: configurationVector = taken(value)
    case 0x1800..<0x2000: table[(offset - 0x1800) / 4] = value
    case 0x14:
      status = UInt8(truncatingIfNeeded: value)
      if value == 0 { for index in queues.indices { queues[index].isEnabled = false } }
    case 0x16: queueSelect = ignoresSelection ? 0 : Int(value)
    case 0x18..<0x38: writeQueue(value, at: offset)
    case 0x3a: resetQueue(value)
    default: break
    }
  }

  private func resetQueue(_ value: UInt32) {
    if value != 1 || accepted >> 40 & 1 == 0 {
      violations.append("VQRST-1: queue_reset written \(value)")
    }
    guard queues.indices.contains(queueSelect) else { return }
    queues[queueSelect].vector = 0xffff
    queues[queueSelect].areas = [0, 0, 0, 0, 0, 0]
    queues[queueSelect].isEnabled = queues[queueSelect].resetDelay != 0
  }

  private func isResetting() -> Bool {
    guard queues.indices.contains(queueSelect), let delay = queues[queueSelect].resetDelay else {
      return true
    }
    guard delay > 0 else { return false }
    queues[queueSelect].resetDelay = delay - 1
    if delay == 1 { queues[queueSelect].isEnabled = false }
    return true
  }

  private func taken(_ vector: UInt32) -> UInt16 {
    let vector = UInt16(truncatingIfNeeded: vector)
    return refusedVectors.contains(vector) ? 0xffff : vector
  }

  private func writeQueue(_ value: UInt32, at offset: Int) {
    guard queues.indices.contains(queueSelect) else {
      violations.append("queue \(queueSelect) is no queue")
      return
    }
    if queues[queueSelect].isEnabled {
      violations.append("PCI-COM-8: register \(offset) of an enabled queue is written")
    }
    switch offset {
    case 0x18:
      let isPacked = accepted >> 34 & 1 != 0
      if value == 0 || !isPacked && value & (value - 1) != 0 {
        violations.append("PCI-COM-6, PCI-COM-7: size \(value)")
      }
      queues[queueSelect].size = sizeReadBack ?? UInt16(truncatingIfNeeded: value)
    case 0x1a: queues[queueSelect].vector = taken(value)
    case 0x1c:
      if value != 1 { violations.append("PCI-COM-10: queue_enable written \(value)") }
      if queues[queueSelect].areas.allSatisfy({ $0 == 0 }) {
        violations.append("PCI-COM-8: enabled before it has addresses")
      }
      queues[queueSelect].isEnabled = !refusesQueues
    case 0x20...: queues[queueSelect].areas[(offset - 0x20) / 4] = value
    default: break
    }
  }
}
