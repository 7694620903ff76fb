// The order of initialisation is the order of these types: each step consumes the type before it, so
// a step that is left out or taken twice does not compile.
//
// - Spec: VirtIO 1.4 §3.1.1 "Driver Requirements: Device Initialization"

/// A device that was reset and told that it has a driver: steps 1 to 3.
public struct AcknowledgedDevice<T: Transport & ~Copyable>: ~Copyable {
  var transport: T

  /// Resets the device, waits for that, and sets ACKNOWLEDGE and DRIVER.
  ///
  /// - Throws: ``DeviceError/neverReset(status:)``.
  public init<P: Platform, W: Waiter>(
    resetting transport: consuming T, on platform: borrowing P, waiting waiter: W
  ) throws(DeviceError) {
    _ = try transport.reset(on: platform, waiting: waiter)
    transport.writeStatus([.acknowledge])
    transport.writeStatus([.acknowledge, .driver])
    self.transport = transport
  }

  /// Agrees on features: steps 4 to 6.
  ///
  /// - Parameters:
  ///   - required: What the driver cannot do without. `VIRTIO_F_VERSION_1` is always required; a
  ///     feature that the queues or the transport cannot honour counts as not offered.
  ///   - choose: Given what is offered, answers which bits of its device type the driver would like.
  ///     What is not offered is left out of its answer, and so are all other bits: of those, the queues
  ///     and the transport know best what they can do.
  /// - Throws: ``DeviceError/missingFeatures(required:offered:)`` or
  ///   ``DeviceError/featuresRefused(accepted:)``; the device is then marked FAILED.
  public consuming func negotiate(
    requiring required: Features, choosing choose: (Features) -> Features
  ) throws(DeviceError) -> NegotiatedDevice<T> {
    let status: DeviceStatus = [.acknowledge, .driver]
    let required = required.union(.version1)
    let offered = transport.readOfferedFeatures()
    let usable = offered.intersection(.deviceType.union(.honoured))
    guard usable.isSuperset(of: required) else {
      transport.fail(after: status)
      throw .missingFeatures(required: required, offered: offered)
    }
    let wanted = choose(offered).union(required).union(.honoured)
    let accepted = usable.intersection(wanted)
    transport.writeAcceptedFeatures(accepted)
    transport.writeStatus(status.union(.featuresOK))
    guard transport.readStatus().contains(.featuresOK) else {
      transport.fail(after: status.union(.featuresOK))
      throw .featuresRefused(accepted: accepted)
    }
    return NegotiatedDevice(transport: transport, features: accepted)
  }
}

/// A device with agreed features: its configuration can be read and its queues made, step 7.
public struct NegotiatedDevice<T: Transport & ~Copyable>: ~Copyable {
  var transport: T
  /// What was agreed.
  public let features: Features
  /// A bit for each of the first 64 queues that was made.
  private var madeQueues: UInt64 = 0

  init(transport: consuming T, features: Features) {
    self.transport = transport
    self.features = features
  }

  private static var status: DeviceStatus { [.acknowledge, .driver, .featuresOK] }

  /// The length of the device configuration in bytes.
  public var configurationByteCount: UInt { transport.configurationByteCount }

  /// Reads the device configuration consistently; see ``LiveDevice/readConfiguration(_:)``.
  public func readConfiguration<Value>(_ read: (borrowing T) -> Value)
    throws(DeviceError) -> Value
  {
    try transport.consistently(read)
  }

  /// Makes and enables queue `index`, with as many entries as the device and `capacity` allow.
  ///
  /// - Parameters:
  ///   - minimumSize: How many entries the driver cannot do without.
  ///   - interrupts: Whether the driver will ever want to be interrupted for used buffers.
  /// - Throws: ``DeviceError``: there is no such queue, no memory, or it cannot be notified.
  public mutating func makeQueue<P: Platform, let capacity: Int>(
    _ index: UInt16, atLeast minimumSize: Int = 1, interrupts: Bool = false,
    on platform: borrowing P
  ) throws(DeviceError) -> SplitQueue<P.Region, T.Bell, capacity> {
    let bit: UInt64 = 1 << UInt64(index)
    guard madeQueues & bit == 0 else { throw .queueMissing(index: index) }
    let maximumSize = transport.readMaximumSize(ofQueue: index)
    guard maximumSize > 0 else { throw .queueMissing(index: index) }
    let layout = SplitLayout(
      atMost: min(Int(maximumSize), capacity), lineByteCount: P.Region.lineByteCount)
    guard layout.size >= minimumSize else {
      throw .queueTooSmall(index: index, size: maximumSize)
    }
    let memory: DMABuffer<P.Region>
    do {
      memory = try DMABuffer(byteCount: layout.byteCount, alignment: 4096, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    // The device may look at the rings as soon as it knows where they are: it has to find zeroes.
    memory.region.fullBarrier()
    let bell: T.Bell
    do {
      bell = try transport.enable(
        layout.placement(
          of: index, maximumSize: maximumSize, at: memory.deviceAddress, interrupts: interrupts))
    } catch {
      // Unless it kept the queue, the device was not told of this memory, or not to use it.
      memory.free(to: platform, unless: error == .queueRefused(index: index, isKept: true))
      throw error
    }
    madeQueues |= bit
    return SplitQueue(
      memory: memory, layout: layout, bell: bell,
      ordersForPlatform: features.contains(.orderPlatform))
  }

  /// Sets DRIVER_OK, step 8: from now on the queues may be used.
  public consuming func start() -> LiveDevice<T> {
    transport.writeStatus(Self.status.union(.driverOK))
    return LiveDevice(transport: transport, features: features)
  }

  /// Gives up: marks the device FAILED, then resets it so that its queues' memory can go.
  ///
  /// - Throws: ``DeviceError/neverReset(status:)``: the memory must then stay where it is.
  public consuming func abandon<P: Platform, W: Waiter>(
    on platform: borrowing P, waiting waiter: W
  ) throws(DeviceError) -> ResetProof {
    transport.fail(after: Self.status)
    return try transport.reset(on: platform, waiting: waiter)
  }
}

/// A device in service.
public struct LiveDevice<T: Transport & ~Copyable>: ~Copyable {
  private var transport: T
  /// What was agreed.
  public let features: Features

  init(transport: consuming T, features: Features) {
    self.transport = transport
    self.features = features
  }

  /// Reads the device configuration consistently. Does not block.
  ///
  /// - Parameter read: Reads the fields; called again while they change, at most 64 times.
  /// - Throws: ``DeviceError/configurationUnstable``.
  public func readConfiguration<Value>(_ read: (borrowing T) -> Value)
    throws(DeviceError) -> Value
  {
    try transport.consistently(read)
  }

  /// Writes 32 bits of the device configuration; `offset` is a multiple of 4 inside it.
  public func writeConfiguration32(_ value: UInt32, at offset: UInt) {
    transport.writeConfiguration32(value, at: offset)
  }

  /// How its interrupts are told apart.
  public var interrupts: T.Interrupts { transport.interrupts }

  /// Whether the device says that only a reset can help it. One register read.
  public func needsReset() -> Bool {
    transport.readStatus().contains(.needsReset)
  }

  /// Takes the device out of service.
  ///
  /// - Throws: ``DeviceError/neverReset(status:)``: its memory must then stay where it is.
  public consuming func reset<P: Platform, W: Waiter>(
    on platform: borrowing P, waiting waiter: W
  ) throws(DeviceError) -> ResetProof {
    try transport.reset(on: platform, waiting: waiter)
  }
}
