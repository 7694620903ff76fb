import VirtIO

/// The control registers: 32 bits each, and each only read or only written if the device wants it so.
///
/// - Spec: VirtIO 1.4 §4.2.2 "MMIO Device Register Layout"
struct MMIORegisters<Access: RegisterAccess> {
  private let window: RegisterWindow<Access>

  /// Nil if there is no room for them.
  init?(_ registers: RegisterWindow<Access>) {
    guard let window = registers.window(at: 0, byteCount: Self.byteCount) else { return nil }
    self.window = window
  }

  /// How long they are; the device configuration follows.
  static var byteCount: UInt { 0x100 }

  func readMagicValue() -> UInt32 { window.read32(at: 0x000) }
  func readVersion() -> UInt32 { window.read32(at: 0x004) }
  func readDeviceID() -> UInt32 { window.read32(at: 0x008) }
  func readDeviceFeatures() -> UInt32 { window.read32(at: 0x010) }
  func writeDeviceFeaturesSelect(_ value: UInt32) { window.write32(value, at: 0x014) }
  func writeDriverFeatures(_ value: UInt32) { window.write32(value, at: 0x020) }
  func writeDriverFeaturesSelect(_ value: UInt32) { window.write32(value, at: 0x024) }
  func writeQueueSelect(_ value: UInt32) { window.write32(value, at: 0x030) }
  func readQueueSizeMaximum() -> UInt32 { window.read32(at: 0x034) }
  func writeQueueSize(_ value: UInt32) { window.write32(value, at: 0x038) }
  func readQueueReady() -> UInt32 { window.read32(at: 0x044) }
  func writeQueueReady(_ value: UInt32) { window.write32(value, at: 0x044) }
  func readInterruptStatus() -> UInt32 { window.read32(at: 0x060) }
  func writeInterruptAcknowledge(_ value: UInt32) { window.write32(value, at: 0x064) }
  func readStatus() -> UInt32 { window.read32(at: 0x070) }
  func writeStatus(_ value: UInt32) { window.write32(value, at: 0x070) }
  func writeQueueDescriptorArea(_ value: DeviceAddress) {
    window.write64(value.rawValue, at: 0x080)
  }
  func writeQueueDriverArea(_ value: DeviceAddress) { window.write64(value.rawValue, at: 0x090) }
  func writeQueueDeviceArea(_ value: DeviceAddress) { window.write64(value.rawValue, at: 0x0a0) }
  func readQueueReset() -> UInt32 { window.read32(at: 0x0c0) }
  func resetQueue() { window.write32(1, at: 0x0c0) }
  func readConfigurationGeneration() -> UInt32 { window.read32(at: 0x0fc) }

  /// `QueueNotify`.
  func writeQueueNotify(_ value: UInt32) { window.write32(value, at: 0x050) }
}

extension MMIORegisters: Sendable where Access: Sendable {}
