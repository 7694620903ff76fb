public import VirtIO

/// A VirtIO device whose registers lie in memory, by themselves: `virtio,mmio` in a device tree.
///
/// Such a device cannot be enumerated, so a kernel has been told where it may be. Most of these places
/// are empty on most machines.
///
/// - Spec: VirtIO 1.4 §4.2 "Virtio Over MMIO"
public struct MMIOTransport<Access: RegisterAccess & Sendable>: Transport, ~Copyable {
  /// The device type: 16 is a GPU.
  public let deviceType: UInt16

  private let registers: MMIORegisters<Access>
  private let configuration: RegisterWindow<Access>?
  /// Its line, for handlers. To be kept before a driver takes the transport.
  public let interrupts: MMIOInterrupts<Access>

  /// Looks what is at a place; nil, which is no error, if nothing is.
  ///
  /// Reads three registers and writes none; where nothing is, no other is ever accessed.
  ///
  /// - Parameter window: The registers, and after them the device configuration, mapped as device
  ///   memory.
  /// - Throws: ``MMIOError``: what is there is no VirtIO device, or one of another version.
  /// - Spec: VirtIO 1.4 §4.2.3.1 "Device Initialization"
  public init?(_ window: RegisterWindow<Access>) throws(MMIOError) {
    guard let registers = MMIORegisters(window) else {
      throw .registersTooShort(byteCount: window.byteCount)
    }
    let magic = registers.readMagicValue()
    guard magic == Self.magic else { throw .wrongMagic(found: magic) }
    let version = registers.readVersion()
    guard version == Self.version else { throw .wrongVersion(found: version) }
    let deviceID = registers.readDeviceID()
    guard deviceID != 0 else { return nil }
    deviceType = UInt16(clamping: deviceID)
    self.registers = registers
    configuration = window.window(
      at: MMIORegisters<Access>.byteCount,
      byteCount: window.byteCount &- MMIORegisters<Access>.byteCount)
    interrupts = MMIOInterrupts(registers: registers)
  }

  /// "virt".
  private static var magic: UInt32 { 0x7472_6976 }
  /// 1 is the legacy interface.
  private static var version: UInt32 { 2 }

  /// Reads `Status`. Bits that no status has count as all of them: such a device was not reset.
  public func readStatus() -> DeviceStatus {
    DeviceStatus(rawValue: UInt8(clamping: registers.readStatus()))
  }

  /// Writes `Status`.
  public func writeStatus(_ status: DeviceStatus) { registers.writeStatus(UInt32(status.rawValue)) }

  /// Notifications that say what is next, and the reset of one queue.
  public var honouredFeatures: Features { [.notificationData, .ringReset] }

  /// Reads both words of `DeviceFeatures` that have defined bits.
  public func readOfferedFeatures() -> Features {
    registers.writeDeviceFeaturesSelect(0)
    let low = registers.readDeviceFeatures()
    registers.writeDeviceFeaturesSelect(1)
    let high = registers.readDeviceFeatures()
    return Features(rawValue: UInt64(high) << 32 | UInt64(low))
  }

  /// Writes both words of `DriverFeatures` that have defined bits.
  public func writeAcceptedFeatures(_ features: Features) {
    registers.writeDriverFeaturesSelect(0)
    registers.writeDriverFeatures(UInt32(truncatingIfNeeded: features.rawValue))
    registers.writeDriverFeaturesSelect(1)
    registers.writeDriverFeatures(UInt32(truncatingIfNeeded: features.rawValue >> 32))
  }

  // MARK: The device configuration

  /// Reads `ConfigGeneration`.
  public func readConfigurationGeneration() -> UInt32 { registers.readConfigurationGeneration() }

  /// How much room there is behind the control registers. The device need not fill it.
  public var configurationByteCount: UInt { configuration?.byteCount ?? 0 }

  /// Reads 8 bits of the device configuration; all ones if there are none at `offset`.
  public func readConfiguration8(at offset: UInt) -> UInt8 {
    configuration?.window(at: offset, byteCount: 1)?.read8(at: 0) ?? .max
  }

  /// Reads 16 bits of the device configuration; all ones if there are none at `offset`.
  public func readConfiguration16(at offset: UInt) -> UInt16 {
    configuration?.window(at: offset, byteCount: 2)?.read16(at: 0) ?? .max
  }

  /// Reads 32 bits of the device configuration; all ones if there are none at `offset`.
  public func readConfiguration32(at offset: UInt) -> UInt32 {
    configuration?.window(at: offset, byteCount: 4)?.read32(at: 0) ?? .max
  }

  /// Writes 8 bits of the device configuration, if there are any at `offset`.
  public func writeConfiguration8(_ value: UInt8, at offset: UInt) {
    configuration?.window(at: offset, byteCount: 1)?.write8(value, at: 0)
  }

  /// Writes 32 bits of the device configuration, if there are any at `offset`.
  public func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    configuration?.window(at: offset, byteCount: 4)?.write32(value, at: 0)
  }

  // MARK: Queues

  /// Selects the queue and reads `QueueSizeMax`; 0 too if the queue is in use.
  public func readMaximumSize(ofQueue index: UInt16) -> UInt16 {
    registers.writeQueueSelect(UInt32(index))
    guard registers.readQueueReady() == 0 else { return 0 }
    return UInt16(clamping: registers.readQueueSizeMaximum())
  }

  /// Programs the queue that ``readMaximumSize(ofQueue:)`` selected, and makes it ready.
  ///
  /// - Throws: ``/VirtIO/DeviceError/queueRefused(index:isKept:)`` if it does not read as ready then.
  /// - Spec: VirtIO 1.4 §4.2.3.2 "Virtqueue Configuration"
  public mutating func enable(_ queue: QueuePlacement) throws(DeviceError) -> MMIODoorbell<Access> {
    registers.writeQueueSize(UInt32(queue.size))
    registers.writeQueueDescriptorArea(queue.descriptorArea)
    registers.writeQueueDriverArea(queue.driverArea)
    registers.writeQueueDeviceArea(queue.deviceArea)
    registers.writeQueueReady(1)
    guard registers.readQueueReady() == 1 else {
      throw .queueRefused(index: queue.index, isKept: !stopSelectedQueue())
    }
    return MMIODoorbell(
      registers: registers, queueIndex: queue.index,
      tellsNext: queue.features.contains(.notificationData))
  }

  /// Selects the queue and writes `QueueReset`.
  ///
  /// - Spec: VirtIO 1.4 §4.2.2.2 "Driver Requirements: MMIO Device Register Layout"
  public func requestReset(ofQueue index: UInt16) {
    registers.writeQueueSelect(UInt32(index))
    registers.resetQueue()
  }

  /// Selects the queue and reads `QueueReset`: 1 until it has been reset; and when it is 0, `QueueReady`.
  ///
  /// A device that offers the feature without having the register, as QEMU's, gives 0 at once; but its
  /// queue stays ready, and so is not taken for one that was reset.
  public func isResetting(queue index: UInt16) -> Bool {
    registers.writeQueueSelect(UInt32(index))
    return registers.readQueueReset() != 0 || registers.readQueueReady() != 0
  }

  /// Takes the selected queue out of service.
  ///
  /// - Returns: Whether the device has let go of it.
  /// - Spec: VirtIO 1.4 §4.2.2.2 "Driver Requirements: MMIO Device Register Layout"
  private func stopSelectedQueue() -> Bool {
    registers.writeQueueReady(0)
    return registers.readQueueReady() == 0
  }
}

/// `QueueNotify`, for one queue.
///
/// - Spec: VirtIO 1.4 §4.2.3.3 "Available Buffer Notifications"
public struct MMIODoorbell<Access: RegisterAccess & Sendable>: Doorbell {
  let registers: MMIORegisters<Access>
  let queueIndex: UInt16

  let tellsNext: Bool

  /// Writes the queue's index, 32 bits; with what is next in the high half, if that was agreed.
  public func ring(next: UInt16) {
    registers.writeQueueNotify(UInt32(queueIndex) | (tellsNext ? UInt32(next) << 16 : 0))
  }
}
