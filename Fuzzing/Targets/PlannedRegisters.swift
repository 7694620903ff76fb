import FuzzInputs

/// The registers of a device, on PCI or memory-mapped, that behave but for what an input says of each read.
final class PlannedRegisters {
  private enum Field {
    case featureSelect, feature, driverSelect, driverFeature, configurationVector, queueCount,
      status
    case generation, queueSelect, maximumSize, size, vector, enable, notifyOffset, area, notifyData
    case reset, magic, version, deviceType, interrupt, other
  }

  private struct Queue {
    var size: UInt32 = 16
    var vector: UInt32 = 0xffff
    var isEnabled: UInt32 = 0
  }

  private let input: FuzzInput
  private let isPCI: Bool
  /// What is on offer.
  var offered: UInt64 = 0
  private var featureSelect: UInt32 = 0
  private var status: UInt32 = 0
  private var configurationVector: UInt32 = 0xffff
  private var queueSelect: UInt32 = 0
  private var queues = [Queue(), Queue()]

  init(_ input: FuzzInput, isPCI: Bool) {
    self.input = input
    self.isPCI = isPCI
  }

  func read(at offset: Int, _ width: Int) -> UInt32 {
    let value = honest(offset)
    if input.isOver { return value }
    let code = input.byte()
    switch code {
    case 0..<0xd0: return value
    case 0xd0..<0xe0: return value ^ 1 << UInt32(code & 15)
    case 0xe0..<0xf0: return UInt32(code & 15)
    case 0xf0..<0xf8: return .max
    default: return input.word32()
    }
  }

  private var queue: Queue? {
    queues.indices.contains(Int(queueSelect)) ? queues[Int(queueSelect)] : nil
  }

  private func honest(_ offset: Int) -> UInt32 {
    switch isPCI ? Self.pciField(offset) : Self.slotField(offset) {
    case .magic: 0x7472_6976
    case .version: 2
    case .deviceType: 16
    case .feature: UInt32(truncatingIfNeeded: offered >> (featureSelect & 1 == 0 ? 0 : 32))
    case .configurationVector: configurationVector
    case .queueCount: 2
    case .status: status
    case .maximumSize, .size: queue?.size ?? 0
    case .vector: queue?.vector ?? 0xffff
    case .enable: queue?.isEnabled ?? 0
    case .notifyOffset, .notifyData: queueSelect
    default: 0
    }
  }

  func write(_ value: UInt32, at offset: Int) {
    let index = Int(queueSelect)
    switch isPCI ? Self.pciField(offset) : Self.slotField(offset) {
    case .featureSelect: featureSelect = value
    case .configurationVector: configurationVector = value
    case .status:
      status = value
      if value == 0 { queues = [Queue(), Queue()] }
    case .queueSelect: queueSelect = value
    case .size where queues.indices.contains(index): queues[index].size = value
    case .vector where queues.indices.contains(index): queues[index].vector = value
    case .enable where queues.indices.contains(index): queues[index].isEnabled = value
    case .reset where queues.indices.contains(index): queues[index] = Queue()
    default: break
    }
  }

  /// - Spec: VirtIO 1.4 §4.1.4.3 "Common configuration structure layout"
  private static func pciField(_ offset: Int) -> Field {
    switch offset {
    case 0x00: .featureSelect
    case 0x04: .feature
    case 0x08: .driverSelect
    case 0x0c: .driverFeature
    case 0x10: .configurationVector
    case 0x12: .queueCount
    case 0x14: .status
    case 0x15: .generation
    case 0x16: .queueSelect
    case 0x18: .size
    case 0x1a: .vector
    case 0x1c: .enable
    case 0x1e: .notifyOffset
    case 0x38: .notifyData
    case 0x3a: .reset
    default: .other
    }
  }

  /// - Spec: VirtIO 1.4 §4.2.2 "MMIO Device Register Layout"
  private static func slotField(_ offset: Int) -> Field {
    switch offset {
    case 0x00: .magic
    case 0x04: .version
    case 0x08: .deviceType
    case 0x10: .feature
    case 0x14: .featureSelect
    case 0x30: .queueSelect
    case 0x34: .maximumSize
    case 0x44: .enable
    case 0x60: .interrupt
    case 0x70: .status
    case 0xc0: .reset
    case 0xfc: .generation
    default: .other
    }
  }
}
