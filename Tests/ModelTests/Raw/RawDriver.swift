import Testing
import VirtIO
import VirtIOTesting

/// A driver without types to keep it in order: it does what a test tells it, right or wrong.
///
/// Each method keeps the rules if it is called in its turn.
struct RawDriver {
  let machine: ModelMachine
  let access: ModelAccess

  /// Configuration space of the GPU, and where its two BARs are put.
  static let space: UInt = 0x3f00_8000
  static let tableBAR: UInt = 0x1000_0000
  static let structureBAR: UInt = 0x80_0000_0000
  static let device = structureBAR + 0x2000
  static let notification = structureBAR + 0x3000
  static let interruptStatus = structureBAR + 0x1000
  /// Where the capabilities are: common first, the window, MSI-X.
  static let capabilities = space + 0x40
  static let window = space + 0x84
  static let msix = space + 0x98

  /// The registers of the common configuration.
  enum Register: UInt {
    case deviceFeatureSelect = 0x00
    case deviceFeature = 0x04
    case driverFeatureSelect = 0x08
    case driverFeature = 0x0c
    case configurationVector = 0x10
    case queueCount = 0x12
    case status = 0x14
    case generation = 0x15
    case queueSelect = 0x16
    case queueSize = 0x18
    case queueVector = 0x1a
    case queueEnable = 0x1c
    case queueNotifyOffset = 0x1e
    case queueDescriptors = 0x20
    case queueAvailable = 0x28
    case queueUsed = 0x30
    case queueNotificationData = 0x38
    case queueReset = 0x3a
    case administrationQueueIndex = 0x3c

    var address: UInt { RawDriver.structureBAR + rawValue }
  }

  /// A machine with its BARs placed and decoded.
  init(_ configuration: ModelConfiguration = ModelConfiguration()) {
    machine = ModelMachine(configuration)
    access = machine.access
    access.write32(Self.space + 0x14, UInt32(Self.tableBAR))
    access.write32(Self.space + 0x20, UInt32(truncatingIfNeeded: Self.structureBAR))
    access.write32(Self.space + 0x24, UInt32(Self.structureBAR >> 32))
    access.write16(Self.space + 4, 0x406)
  }

  /// The ids of the rules that were broken.
  var broken: [String] { machine.violations.map(\.id) }

  // MARK: Registers

  func write8(_ register: Register, _ value: UInt8) { access.write8(register.address, value) }
  func write16(_ register: Register, _ value: UInt16) { access.write16(register.address, value) }
  func write32(_ register: Register, _ value: UInt32) { access.write32(register.address, value) }
  func write64(_ register: Register, _ value: UInt64) {
    access.write32(register.address, UInt32(truncatingIfNeeded: value))
    access.write32(register.address + 4, UInt32(truncatingIfNeeded: value >> 32))
  }
  func read16(_ register: Register) -> UInt16 { access.read16(register.address) }

  func writeStatus(_ status: DeviceStatus) { write8(.status, status.rawValue) }
  @discardableResult func readStatus() -> DeviceStatus {
    DeviceStatus(rawValue: access.read8(Register.status.address))
  }

  // MARK: Steps

  /// Steps 1 to 3.
  func acknowledge() {
    reset()
    writeStatus(.acknowledge)
    writeStatus([.acknowledge, .driver])
  }

  func reset() {
    writeStatus([])
    readStatus()
  }

  func readFeatures() -> UInt64 {
    write32(.deviceFeatureSelect, 0)
    let low = access.read32(Register.deviceFeature.address)
    write32(.deviceFeatureSelect, 1)
    return UInt64(access.read32(Register.deviceFeature.address)) << 32 | UInt64(low)
  }

  func writeFeatures(_ features: UInt64) {
    write32(.driverFeatureSelect, 0)
    write32(.driverFeature, UInt32(truncatingIfNeeded: features))
    write32(.driverFeatureSelect, 1)
    write32(.driverFeature, UInt32(truncatingIfNeeded: features >> 32))
  }

  /// What this driver accepts if it is not told otherwise: all that is expected of every driver.
  static let usual = Features([.version1, .accessPlatform, .orderPlatform]).rawValue

  /// Steps 1 to 6.
  func negotiate(_ features: UInt64 = Self.usual) {
    acknowledge()
    writeFeatures(readFeatures() & features)
    writeStatus([.acknowledge, .driver, .featuresOK])
    readStatus()
  }

  /// Programs a queue, all but enabling it.
  func prepareQueue(_ index: UInt16 = 0, size: UInt16? = nil) throws -> RawQueue {
    write16(.queueSelect, index)
    let size = size ?? read16(.queueSize)
    write16(.queueSize, size)
    let queue = try RawQueue(self, index: index, size: size)
    write64(.queueDescriptors, queue.descriptors.deviceAddress.rawValue)
    write64(.queueAvailable, queue.available.deviceAddress.rawValue)
    write64(.queueUsed, queue.used.deviceAddress.rawValue)
    return queue
  }

  func makeQueue(_ index: UInt16 = 0, size: UInt16? = nil) throws -> RawQueue {
    let queue = try prepareQueue(index, size: size)
    write16(.queueEnable, 1)
    return queue
  }

  /// Step 8.
  func start() { writeStatus([.acknowledge, .driver, .featuresOK, .driverOK]) }

  /// All steps, with both queues.
  func bringUp(_ features: UInt64 = Self.usual) throws -> (control: RawQueue, cursor: RawQueue) {
    negotiate(features)
    let control = try makeQueue(0)
    let cursor = try makeQueue(1)
    start()
    return (control, cursor)
  }

  /// Memory of the machine.
  func allocate(_ byteCount: Int) throws -> ModelRegion {
    try #require(machine.platform.allocate(byteCount: byteCount, alignment: 4096))
  }
}
