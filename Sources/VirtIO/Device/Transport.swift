/// How a VirtIO device is found on a bus and spoken to: PCI, or memory-mapped.
///
/// A transport has no opinion: it reads and writes what it is told to. The order of things is kept by
/// ``AcknowledgedDevice``, ``NegotiatedDevice`` and ``LiveDevice``.
public protocol Transport: ~Copyable {
  /// Rings for one queue.
  associatedtype Bell: Doorbell
  /// Says why the device interrupts.
  associatedtype Interrupts: InterruptSource = NoInterrupts

  /// The device type: 16 is a GPU.
  ///
  /// - Spec: VirtIO 1.4 §5 "Device Types"
  var deviceType: UInt16 { get }

  /// Reads the device status field.
  func readStatus() -> DeviceStatus
  /// Writes the device status field.
  func writeStatus(_ status: DeviceStatus)

  /// Which features of notifications and of queue reset it can honour on this device; by itself none.
  var honouredFeatures: Features { get }
  /// Reads all feature bits that the device offers.
  func readOfferedFeatures() -> Features
  /// Writes all feature bits that the driver accepts.
  func writeAcceptedFeatures(_ features: Features)

  /// Reads the generation of the device configuration, which changes when the configuration does.
  func readConfigurationGeneration() -> UInt32
  /// The length of the device configuration in bytes; 0 if there is none.
  var configurationByteCount: UInt { get }
  /// Reads 8 bits of the device configuration. `offset` is inside it.
  func readConfiguration8(at offset: UInt) -> UInt8
  /// Reads 16 bits of the device configuration. `offset` is a multiple of 2 inside it.
  func readConfiguration16(at offset: UInt) -> UInt16
  /// Reads 32 bits of the device configuration. `offset` is a multiple of 4 inside it.
  func readConfiguration32(at offset: UInt) -> UInt32
  /// Writes 8 bits of the device configuration. `offset` is inside it.
  func writeConfiguration8(_ value: UInt8, at offset: UInt)
  /// Writes 32 bits of the device configuration. `offset` is a multiple of 4 inside it.
  func writeConfiguration32(_ value: UInt32, at offset: UInt)

  /// How its interrupts are told apart.
  var interrupts: Interrupts { get }

  /// Reads the most entries that queue `index` can have; 0 if there is no such queue.
  func readMaximumSize(ofQueue index: UInt16) -> UInt16
  /// Tells the device where a queue lies, enables it, and says how to notify the device of it.
  ///
  /// For a queue that ``QueuePlacement/interrupts`` it first makes sure that interrupts can come, by
  /// then or later; that none can is no error. It is called right after
  /// ``readMaximumSize(ofQueue:)``.
  mutating func enable(_ queue: QueuePlacement) throws(DeviceError) -> Bell

  /// Notes that the device was reset, with all that ``enable(_:)`` has told it. By itself it does nothing.
  mutating func startOver()

  /// Asks the device to forget a queue. Only after `VIRTIO_F_RING_RESET` was agreed.
  func requestReset(ofQueue index: UInt16)
  /// Whether the device has still to forget the queue.
  func isResetting(queue index: UInt16) -> Bool
}

/// Where a queue lies in memory.
///
/// - Spec: VirtIO 1.4 §2.6 "Virtqueues"
public struct QueuePlacement: Equatable, Sendable {
  /// Which queue of the device.
  public let index: UInt16
  /// The number of entries.
  public let size: UInt16
  /// The most entries the device would take, as ``Transport/readMaximumSize(ofQueue:)`` read it.
  public let maximumSize: UInt16
  /// The Descriptor Area.
  public let descriptorArea: DeviceAddress
  /// The Driver Area: the available ring of a split queue, the event suppression of a packed one.
  public let driverArea: DeviceAddress
  /// The Device Area: the used ring of a split queue, the event suppression of a packed one.
  public let deviceArea: DeviceAddress
  /// What was agreed with the device, on which depends how it is notified.
  public let features: Features
  /// Whether the driver will ever want to be interrupted for used buffers of this queue.
  public let interrupts: Bool

  /// A placement with all its parts.
  public init(
    index: UInt16, size: UInt16, maximumSize: UInt16, descriptorArea: DeviceAddress,
    driverArea: DeviceAddress, deviceArea: DeviceAddress, features: Features = .version1,
    interrupts: Bool = false
  ) {
    self.index = index
    self.size = size
    self.maximumSize = maximumSize
    self.descriptorArea = descriptorArea
    self.driverArea = driverArea
    self.deviceArea = deviceArea
    self.features = features
    self.interrupts = interrupts
  }
}

extension QueuePlacement {
  /// The same on a device that would take so many entries.
  func allowing(_ maximumSize: UInt16) -> Self {
    Self(
      index: index, size: size, maximumSize: maximumSize, descriptorArea: descriptorArea,
      driverArea: driverArea, deviceArea: deviceArea, features: features, interrupts: interrupts)
  }
}

/// Tells the device that there is something in one queue.
///
/// Its address was computed and checked when the queue was enabled.
public protocol Doorbell: Sendable {
  /// Rings: one register write.
  ///
  /// - Parameter next: What follows what was made available, for a device that wants to know: the index
  ///   of a split ring, or the place on a packed one with its wrap counter in bit 15.
  /// - Spec: VirtIO 1.4 §2.9 "Driver Notifications"
  func ring(next: UInt16)
}

extension Transport where Self: ~Copyable, Interrupts == NoInterrupts {
  /// None.
  public var interrupts: NoInterrupts { NoInterrupts() }
}

extension Transport where Self: ~Copyable {
  /// None.
  public var honouredFeatures: Features { [] }
  /// Nothing, as this transport keeps nothing of what it has told the device.
  public mutating func startOver() {}
  /// Nothing, as this transport does not honour `VIRTIO_F_RING_RESET`.
  public func requestReset(ofQueue index: UInt16) {}
  /// Always.
  public func isResetting(queue index: UInt16) -> Bool { true }

  /// The only place that writes FAILED: keeps the bits that were set, as every status write must.
  ///
  /// - Spec: VirtIO 1.4 §2.1.1 "Driver Requirements: Device Status Field"
  func fail(after status: DeviceStatus) {
    writeStatus(status.union(.failed))
  }

  /// Says that there is a driver: steps 2 and 3.
  func acknowledge() {
    writeStatus([.acknowledge])
    writeStatus(.introduced)
  }

  /// Accepts features, of which all were offered: steps 4 to 6.
  ///
  /// - Throws: ``DeviceError/featuresRefused(accepted:)``, or ``DeviceError/wrongStatus(found:)`` if the
  ///   steps before did not stay, or it needs a reset; the device is then marked FAILED.
  func agree(on accepted: Features) throws(DeviceError) {
    let status = DeviceStatus.agreed
    writeAcceptedFeatures(accepted)
    writeStatus(status)
    let found = readStatus()
    guard found.contains(.featuresOK) else {
      fail(after: status)
      throw .featuresRefused(accepted: accepted)
    }
    // Of a device that does not keep the other bits, or has failed meanwhile, nothing good is to be
    // expected.
    guard found.intersection(status.union(.stopped)) == status else {
      fail(after: status)
      throw .wrongStatus(found: found)
    }
  }

  /// Reads several fields of the device configuration as they were at one moment.
  ///
  /// - Parameter read: Called again while the configuration changes under it, but at most 64 times.
  /// - Spec: VirtIO 1.4 §2.5.1 "Driver Requirements: Device Configuration Space"
  func consistently<Value>(_ read: (borrowing Self) -> Value) throws(DeviceError) -> Value {
    var before = readConfigurationGeneration()
    for _ in 0..<64 {
      let value = read(self)
      let after = readConfigurationGeneration()
      if before == after { return value }
      before = after
    }
    throw .configurationUnstable
  }

  /// Resets the device and waits until it says that it has.
  ///
  /// - Spec: VirtIO 1.4 §2.4.2 "Driver Requirements: Device Reset"
  func reset<P: Platform, W: Waiter>(on platform: borrowing P, waiting waiter: W)
    throws(DeviceError) -> ResetProof
  {
    var waiter = waiter
    writeStatus([])
    while true {
      let status = readStatus()
      if status == [] { return ResetProof() }
      guard waiter.wait(on: platform) else { throw .neverReset(status: status) }
    }
  }
}

/// Proof that a device read back status 0 after a reset: it touches no memory any more.
///
/// Nothing else lets go of the memory of a queue.
public struct ResetProof: Sendable {
  fileprivate init() {}
}
