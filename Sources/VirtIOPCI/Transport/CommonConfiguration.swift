import VirtIO

/// The common configuration structure: each register with its width, and written only where the
/// driver may.
///
/// - Spec: VirtIO 1.4 §4.1.4.3 "Common configuration structure layout"
struct CommonConfiguration<Access: RegisterAccess> {
  let registers: RegisterWindow<Access>

  func writeDeviceFeatureSelect(_ value: UInt32) { registers.write32(value, at: 0x00) }
  func readDeviceFeature() -> UInt32 { registers.read32(at: 0x04) }
  func writeDriverFeatureSelect(_ value: UInt32) { registers.write32(value, at: 0x08) }
  func writeDriverFeature(_ value: UInt32) { registers.write32(value, at: 0x0c) }
  func readConfigurationVector() -> UInt16 { registers.read16(at: 0x10) }
  func writeConfigurationVector(_ value: UInt16) { registers.write16(value, at: 0x10) }
  func readQueueCount() -> UInt16 { registers.read16(at: 0x12) }
  func readDeviceStatus() -> UInt8 { registers.read8(at: 0x14) }
  func writeDeviceStatus(_ value: UInt8) { registers.write8(value, at: 0x14) }
  func readConfigGeneration() -> UInt8 { registers.read8(at: 0x15) }
  func writeQueueSelect(_ value: UInt16) { registers.write16(value, at: 0x16) }
  func readQueueSize() -> UInt16 { registers.read16(at: 0x18) }
  func writeQueueSize(_ value: UInt16) { registers.write16(value, at: 0x18) }
  func readQueueVector() -> UInt16 { registers.read16(at: 0x1a) }
  func writeQueueVector(_ value: UInt16) { registers.write16(value, at: 0x1a) }
  func readQueueEnable() -> UInt16 { registers.read16(at: 0x1c) }
  func enableQueue() { registers.write16(1, at: 0x1c) }
  func readQueueNotifyOffset() -> UInt16 { registers.read16(at: 0x1e) }
  func writeQueueDescriptorArea(_ value: DeviceAddress) {
    registers.write64(value.rawValue, at: 0x20)
  }
  func readQueueNotifyConfigData() -> UInt16 { registers.read16(at: 0x38) }
  func resetQueue() { registers.write16(1, at: 0x3a) }
  func readQueueReset() -> UInt16 { registers.read16(at: 0x3a) }
  func writeQueueDriverArea(_ value: DeviceAddress) { registers.write64(value.rawValue, at: 0x28) }
  func writeQueueDeviceArea(_ value: DeviceAddress) { registers.write64(value.rawValue, at: 0x30) }
}

extension CommonConfiguration: Sendable where Access: Sendable {}
