import VirtIO

/// The common configuration, and how far the driver has come in taking the device into service.
struct CommonState {
  /// The status as the device has it.
  var status: UInt8 = 0
  /// The bits that the driver wrote since the last reset.
  var written: UInt8 = 0
  /// The status as the driver last read it.
  var statusSeen: UInt8 = 0
  var wasReset = false
  /// A reset was written, and the status has not read 0 since.
  var isResetPending = false
  /// What the device could use before that reset.
  var formerRanges: [ModelRange] = []
  var deviceFeatureSelect: UInt32 = 0
  var driverFeatureSelect: UInt32 = 0
  /// Which words of the offered features were read, and of the accepted ones written.
  var wordsRead: Set<UInt32> = []
  var wordsWritten: Set<UInt32> = []
  var accepted: UInt64 = 0
  /// The device did not keep FEATURES_OK.
  var isRefused = false
  /// The status was read since FEATURES_OK was written.
  var isReadBack = false
  /// The status was read with DEVICE_NEEDS_RESET.
  var sawNeedsReset = false
  var queueSelect: UInt16 = 0
  var configurationVector = MSIXState.noVector
  /// A vector register that was written and not read since.
  var unreadVector: Int?

  var isLive: Bool { status & DeviceStatus.driverOK.rawValue != 0 }
  var isBroken: Bool { status & DeviceStatus.needsReset.rawValue != 0 }

  /// Whether the driver wrote these bits since the last reset.
  func hasWritten(_ bits: DeviceStatus) -> Bool { written & bits.rawValue == bits.rawValue }

  /// Whether a feature was agreed.
  func has(_ features: Features) -> Bool {
    status & DeviceStatus.featuresOK.rawValue != 0 && accepted & features.rawValue != 0
  }
  /// Whether a feature of the GPU was agreed.
  func hasGPUFeature(_ bit: Int) -> Bool { has(Features(rawValue: 1 << UInt64(bit))) }
}

/// A register of the common configuration.
struct CommonField {
  let offset: Int
  let width: Int
  let name: String
  /// The rule against writing it, if there is one.
  let writeRule: ModelRule?

  private init(_ offset: Int, _ width: Int, _ name: String, _ writeRule: ModelRule? = nil) {
    self.offset = offset
    self.width = width
    self.name = name
    self.writeRule = writeRule
  }

  /// - Spec: VirtIO 1.4 §4.1.4.3 "Common configuration structure layout"
  static let all = [
    CommonField(0x00, 4, "device_feature_select"),
    CommonField(0x04, 4, "device_feature", .pciCom1),
    CommonField(0x08, 4, "driver_feature_select"),
    CommonField(0x0c, 4, "driver_feature"),
    CommonField(0x10, 2, "config_msix_vector"),
    CommonField(0x12, 2, "num_queues", .pciCom2),
    CommonField(0x14, 1, "device_status"),
    CommonField(0x15, 1, "config_generation", .pciCom3),
    CommonField(0x16, 2, "queue_select"),
    CommonField(0x18, 2, "queue_size"),
    CommonField(0x1a, 2, "queue_msix_vector"),
    CommonField(0x1c, 2, "queue_enable"),
    CommonField(0x1e, 2, "queue_notify_off", .pciCom4),
    CommonField(0x20, 8, "queue_desc"),
    CommonField(0x28, 8, "queue_driver"),
    CommonField(0x30, 8, "queue_device"),
    CommonField(0x38, 2, "queue_notif_config_data", .pciCom5),
    CommonField(0x3a, 2, "queue_reset"),
    CommonField(0x3c, 2, "admin_queue_index", .rfbD1),
    CommonField(0x3e, 2, "admin_queue_num", .rfbD1),
  ]

  /// The field of which `offset` is a byte.
  static func containing(_ offset: Int) -> CommonField? {
    all.first { offset >= $0.offset && offset < $0.offset + $0.width }
  }

  /// Whether this is how the field is to be accessed; if not, the rule against it.
  ///
  /// - Spec: VirtIO 1.4 §4.1.3.1 "Driver Requirements: PCI Device Layout"
  func rule(against offset: Int, _ width: Int) -> ModelRule? {
    switch self.width {
    case 1: width == 1 ? nil : .pciAcc1
    case 2: width == 2 && offset == self.offset ? nil : .pciAcc2
    case 4: width == 4 && offset == self.offset ? nil : .pciAcc3
    default: width == 4 && offset & 3 == 0 ? nil : .pciAcc4
    }
  }
}
