/// What a driver has done with the registers in memory that PCI has no like of.
struct SlotState {
  /// Which of the registers that identify the device were read, by their offsets.
  var identified: Set<Int> = []
  /// The values that those reads gave.
  var identity: [Int: UInt64] = [:]
  /// A word of features was selected since the latest reset.
  var selectsOffered = false
  var selectsAccepted = false
  /// 0 was written to `QueueReady`, and it was not read since.
  var isUnsynchronized = false
  /// The bits that were read from `InterruptStatus` and not acknowledged since.
  var causesSeen: UInt64 = 0

  /// The device was reset: what it has selected is not known any more.
  mutating func didReset() {
    selectsOffered = false
    selectsAccepted = false
  }
}

/// A control register.
///
/// - Spec: VirtIO 1.4 §4.2.2 "MMIO Device Register Layout"
struct SlotRegister {
  let offset: Int
  let name: String
  let isReadable: Bool
  let isWritable: Bool
  /// The offset in PCI's common configuration of the register that does the same, if one does.
  let common: Int?

  private init(_ offset: Int, _ name: String, _ direction: String, common: Int? = nil) {
    self.offset = offset
    self.name = name
    isReadable = direction.contains("R")
    isWritable = direction.contains("W")
    self.common = common
  }

  static let magicValue = 0x000
  static let version = 0x004
  static let deviceID = 0x008
  static let byteCount = 0x100

  static let all = [
    SlotRegister(magicValue, "MagicValue", "R"),
    SlotRegister(version, "Version", "R"),
    SlotRegister(deviceID, "DeviceID", "R"),
    SlotRegister(0x00c, "VendorID", "R"),
    SlotRegister(0x010, "DeviceFeatures", "R", common: 0x04),
    SlotRegister(0x014, "DeviceFeaturesSel", "W", common: 0x00),
    SlotRegister(0x020, "DriverFeatures", "W", common: 0x0c),
    SlotRegister(0x024, "DriverFeaturesSel", "W", common: 0x08),
    SlotRegister(0x030, "QueueSel", "W", common: 0x16),
    SlotRegister(0x034, "QueueSizeMax", "R"),
    SlotRegister(0x038, "QueueSize", "W", common: 0x18),
    SlotRegister(0x044, "QueueReady", "RW", common: 0x1c),
    SlotRegister(0x050, "QueueNotify", "W"),
    SlotRegister(0x060, "InterruptStatus", "R"),
    SlotRegister(0x064, "InterruptACK", "W"),
    SlotRegister(0x070, "Status", "RW", common: 0x14),
    SlotRegister(0x080, "QueueDescLow", "W", common: 0x20),
    SlotRegister(0x084, "QueueDescHigh", "W", common: 0x24),
    SlotRegister(0x090, "QueueDriverLow", "W", common: 0x28),
    SlotRegister(0x094, "QueueDriverHigh", "W", common: 0x2c),
    SlotRegister(0x0a0, "QueueDeviceLow", "W", common: 0x30),
    SlotRegister(0x0a4, "QueueDeviceHigh", "W", common: 0x34),
    SlotRegister(0x0ac, "SHMSel", "W"),
    SlotRegister(0x0b0, "SHMLenLow", "R"),
    SlotRegister(0x0b4, "SHMLenHigh", "R"),
    SlotRegister(0x0b8, "SHMBaseLow", "R"),
    SlotRegister(0x0bc, "SHMBaseHigh", "R"),
    SlotRegister(0x0c0, "QueueReset", "RW", common: 0x3a),
    SlotRegister(0x0fc, "ConfigGeneration", "R", common: 0x15),
  ]
}
