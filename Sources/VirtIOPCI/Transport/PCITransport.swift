public import VirtIO

/// A VirtIO device behind a PCI function, by the modern interface.
///
/// - Spec: VirtIO 1.4 §4.1 "Virtio Over PCI Bus"
public struct PCITransport<Access: RegisterAccess & Sendable>: Transport, ~Copyable {
  /// The device type: 16 is a GPU.
  public let deviceType: UInt16
  /// Where the function sits.
  public let address: PCIAddress

  private let common: CommonConfiguration<Access>
  private let notification: RegisterWindow<Access>
  private let notificationMultiplier: UInt32
  private let device: RegisterWindow<Access>?
  /// Its interrupts, of which none come by themselves. To be kept before a driver takes the transport.
  public let interrupts: PCIInterrupts<Access>
  private var vectors = VectorSupply()
  /// The first four shared memory regions of the device; what they are for, its type defines.
  public let sharedMemory: FixedArray<4, SharedMemoryRegion?>
  /// Where in configuration space the capability lies through which registers can be reached without
  /// a BAR (`VIRTIO_PCI_CAP_PCI_CFG`); nil if there is none. The driver does not use it.
  public let configurationAccess: UInt8?

  /// The vendor identifier of all VirtIO devices.
  public static var vendorID: UInt16 { 0x1af4 }

  /// Whether a function with these identifiers is a VirtIO device of a type, by the modern interface.
  ///
  /// - Spec: VirtIO 1.4 §4.1.2 "PCI Device Discovery"
  public static func matches(vendorID: UInt16, deviceID: UInt16, deviceType: UInt16) -> Bool {
    vendorID == Self.vendorID && deviceID == 0x1040 &+ deviceType
  }

  /// Finds the device's structures, and lets the function decode its BARs and reach memory.
  ///
  /// Interrupts by line are switched off at the function; by message, if it has usable vectors, they
  /// are switched on but masked, so that the driver can assign vectors. The device itself is not touched.
  ///
  /// - Parameters:
  ///   - function: Where the device was found.
  ///   - deviceType: 16 for a GPU.
  ///   - maximumVectorCount: How many vectors to take at the most. With 1 all messages share one; with
  ///     0 there are none, and no register access is spent on them: for who polls, or wants the line.
  /// - Throws: ``PCIError``: another device, or capabilities that make no sense.
  public init(
    _ function: borrowing PCIFunction<Access>, deviceType: UInt16, maximumVectorCount: Int = 3
  ) throws(PCIError) {
    let vendorID = function.vendorID
    let deviceID = function.deviceID
    // A header of another type has something else where a device has its BARs.
    guard Self.matches(vendorID: vendorID, deviceID: deviceID, deviceType: deviceType),
      function.configuration.read8(at: ConfigurationOffset.headerType) & 0x7f == 0
    else {
      throw .wrongDevice(vendorID: vendorID, deviceID: deviceID)
    }
    let structures = try VirtIOStructures(of: function)
    guard let common = structures.common else { throw structures.missing(.common) }
    guard let notification = structures.notification else {
      throw structures.missing(.notification)
    }
    function.configuration.command.formUnion([.memorySpace, .busMaster, .interruptDisable])
    let command = function.configuration.command
    guard command.isSuperset(of: [.memorySpace, .busMaster]) else {
      throw .commandIgnored(found: command.rawValue)
    }
    self.deviceType = deviceType
    address = function.address
    self.common = CommonConfiguration(registers: common)
    self.notification = notification
    notificationMultiplier = structures.notificationMultiplier
    device = structures.device
    interrupts = PCIInterrupts(
      configuration: function.configuration, status: structures.interruptStatus,
      common: self.common, messages: structures.messages, maximumVectorCount: maximumVectorCount)
    if let messages = interrupts.messages {
      messages.enableMasked()
    } else {
      structures.messages?.disable()
    }
    sharedMemory = structures.sharedMemory
    configurationAccess = structures.configurationAccess
  }

  /// Reads `device_status`.
  public func readStatus() -> DeviceStatus { DeviceStatus(rawValue: common.readDeviceStatus()) }

  /// Writes `device_status`.
  public func writeStatus(_ status: DeviceStatus) { common.writeDeviceStatus(status.rawValue) }

  /// Those for which the device's structures are long enough, as newer ones have fields more.
  public var honouredFeatures: Features {
    var features: Features = .notificationData
    if common.registers.byteCount >= 0x3a { features.insert(.notificationConfigData) }
    if common.registers.byteCount >= 0x3c { features.insert(.ringReset) }
    return features
  }

  /// Reads both words of `device_feature` that have defined bits.
  public func readOfferedFeatures() -> Features {
    common.writeDeviceFeatureSelect(0)
    let low = common.readDeviceFeature()
    common.writeDeviceFeatureSelect(1)
    let high = common.readDeviceFeature()
    return Features(rawValue: UInt64(high) << 32 | UInt64(low))
  }

  /// Writes both words of `driver_feature` that have defined bits.
  public func writeAcceptedFeatures(_ features: Features) {
    common.writeDriverFeatureSelect(0)
    common.writeDriverFeature(UInt32(truncatingIfNeeded: features.rawValue))
    common.writeDriverFeatureSelect(1)
    common.writeDriverFeature(UInt32(truncatingIfNeeded: features.rawValue >> 32))
  }

  /// Reads `config_generation`.
  public func readConfigurationGeneration() -> UInt32 { UInt32(common.readConfigGeneration()) }

  /// The length of the device configuration, as its capability states it.
  public var configurationByteCount: UInt { device?.byteCount ?? 0 }

  /// Reads 8 bits of the device configuration; all ones if there are none at `offset`.
  public func readConfiguration8(at offset: UInt) -> UInt8 {
    device?.window(at: offset, byteCount: 1)?.read8(at: 0) ?? .max
  }

  /// Reads 16 bits of the device configuration; all ones if there are none at `offset`.
  public func readConfiguration16(at offset: UInt) -> UInt16 {
    device?.window(at: offset, byteCount: 2)?.read16(at: 0) ?? .max
  }

  /// Reads 32 bits of the device configuration; all ones if there are none at `offset`.
  public func readConfiguration32(at offset: UInt) -> UInt32 {
    device?.window(at: offset, byteCount: 4)?.read32(at: 0) ?? .max
  }

  /// Writes 8 bits of the device configuration, if there are any at `offset`.
  public func writeConfiguration8(_ value: UInt8, at offset: UInt) {
    device?.window(at: offset, byteCount: 1)?.write8(value, at: 0)
  }

  /// Writes 32 bits of the device configuration, if there are any at `offset`.
  public func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    device?.window(at: offset, byteCount: 4)?.write32(value, at: 0)
  }

  /// Selects the queue and reads `queue_size`.
  public func readMaximumSize(ofQueue index: UInt16) -> UInt16 {
    common.writeQueueSelect(index)
    return common.readQueueSize()
  }

  /// Programs and enables the queue that ``readMaximumSize(ofQueue:)`` selected.
  ///
  /// - Throws: ``/VirtIO/DeviceError/notificationOutOfRange(index:offset:)``; the queue is not enabled then.
  /// - Spec: VirtIO 1.4 §4.1.5.1.3 "Virtqueue Configuration"
  public mutating func enable(_ queue: QueuePlacement) throws(DeviceError) -> PCIDoorbell<Access> {
    // One that is in use already is another, or not reset.
    guard common.readQueueEnable() == 0 else {
      throw .queueRefused(index: queue.index, isKept: false)
    }
    let notifyOffset = common.readQueueNotifyOffset()
    // A 16-bit offset times a 32-bit multiplier always has a 64-bit product.
    let byteOffset = UInt64(notifyOffset) &* UInt64(notificationMultiplier)
    let width: UInt = queue.features.contains(.notificationData) ? 4 : 2
    guard let offset = UInt(exactly: byteOffset), offset & (width &- 1) == 0,
      let register = notification.window(at: offset, byteCount: width)
    else {
      throw .notificationOutOfRange(index: queue.index, offset: notifyOffset)
    }
    if queue.size != queue.maximumSize {
      common.writeQueueSize(queue.size)
      guard common.readQueueSize() == queue.size else {
        throw .queueRefused(index: queue.index, isKept: false)
      }
    }
    if queue.interrupts { interrupts.assignVector(from: &vectors) }
    common.writeQueueDescriptorArea(queue.descriptorArea)
    common.writeQueueDriverArea(queue.driverArea)
    common.writeQueueDeviceArea(queue.deviceArea)
    let name =
      queue.features.contains(.notificationConfigData)
      ? common.readQueueNotifyConfigData() : queue.index
    common.enableQueue()
    // It was told of the memory, whatever it says now.
    guard common.readQueueEnable() == 1 else {
      throw .queueRefused(index: queue.index, isKept: true)
    }
    return PCIDoorbell(register: register, name: name)
  }

  /// Has the vectors be given out again, from the first: the device has forgotten them. What each of them
  /// sends, and whether, is the function's, and stays.
  public mutating func startOver() {
    vectors = VectorSupply()
    vectors.isClosed = interrupts.messages?.isEnabled != true
  }

  /// Selects the queue and writes `queue_reset`.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.3.2 "Driver Requirements: Common configuration structure layout"
  public func requestReset(ofQueue index: UInt16) {
    common.writeQueueSelect(index)
    common.resetQueue()
  }

  /// Selects the queue and reads `queue_reset`: 1 until it has been reset.
  public func isResetting(queue index: UInt16) -> Bool {
    common.writeQueueSelect(index)
    return common.readQueueReset() != 0
  }
}

/// The notification register of one queue.
///
/// - Spec: VirtIO 1.4 §4.1.5.2 "Available Buffer Notifications"
public struct PCIDoorbell<Access: RegisterAccess & Sendable>: Doorbell {
  /// As long as what is written to it.
  let register: RegisterWindow<Access>
  /// What the device calls the queue: its index, or what the device asked for.
  let name: UInt16

  /// Writes the queue's name, 16 bits; with what is next behind it, 32 bits, if that was agreed.
  public func ring(next: UInt16) {
    if register.byteCount == 2 {
      register.write16(name, at: 0)
    } else {
      register.write32(UInt32(name) | UInt32(next) << 16, at: 0)
    }
  }
}
