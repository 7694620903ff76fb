// The order of initialisation is the order of these types: each step consumes the type before it, so
// a step that is left out or taken twice does not compile.
//
// - Spec: VirtIO 1.4 §3.1.1 "Driver Requirements: Device Initialization"

/// A device that was reset and told that it has a driver: steps 1 to 3.
public struct AcknowledgedDevice<T: Transport & ~Copyable>: ~Copyable {
  var transport: T
  /// What of the queues' features works in the memory that they will have.
  private let honoured: Features

  /// Resets the device, waits for that, and sets ACKNOWLEDGE and DRIVER.
  ///
  /// - Throws: ``DeviceError/neverReset(status:)``.
  public init<P: Platform, W: Waiter>(
    resetting transport: consuming T, on platform: borrowing P, waiting waiter: W
  ) throws(DeviceError) {
    _ = try transport.reset(on: platform, waiting: waiter)
    transport.acknowledge()
    // Both sides write to a packed ring: where a line of a cache holds more than one descriptor and the
    // device does not snoop, what one side writes back would be lost to the other.
    let isShared = P.Region.lineByteCount <= PackedLayout.largestUnit
    honoured = isShared ? .honoured : Features.honoured.subtracting(.packedRing)
    self.transport = transport
  }

  /// Agrees on features: steps 4 to 6.
  ///
  /// A ring that is packed is taken whenever it is offered, and so are all the other features of queues
  /// and transports that are known here, unless they are declined. A packed ring is not taken if the
  /// queues' memory is not coherent.
  ///
  /// - Parameters:
  ///   - required: What the driver cannot do without. `VIRTIO_F_VERSION_1` is always required; a
  ///     feature that the queues or the transport cannot honour counts as not offered.
  ///   - declined: What is not to be taken even if it is offered, of all features that are not required.
  ///   - choose: Given what is offered, answers which bits of its device type the driver would like.
  ///     What is not offered is left out of its answer, and so are all other bits: of those, the queues
  ///     and the transport know best what they can do.
  /// - Throws: ``DeviceError/missingFeatures(required:offered:)`` or
  ///   ``DeviceError/featuresRefused(accepted:)``, or ``DeviceError/wrongStatus(found:)`` if the device
  ///   needs a reset; it is then marked FAILED.
  public consuming func negotiate(
    requiring required: Features, declining declined: Features = [],
    choosing choose: (Features) -> Features
  ) throws(DeviceError) -> NegotiatedDevice<T> {
    let required = required.union(.version1)
    let offered = transport.readOfferedFeatures()
    let known = honoured.union(transport.honouredFeatures)
    let usable = offered.intersection(.deviceType.union(known))
    guard usable.isSuperset(of: required) else {
      transport.fail(after: .introduced)
      throw .missingFeatures(required: required, offered: offered)
    }
    let wanted = choose(offered).union(known).subtracting(declined).union(required)
    let accepted = usable.intersection(wanted)
    try transport.agree(on: accepted)
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

  private static var status: DeviceStatus { .agreed }

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
  ///   - index: The queue's number, as the device's type defines it.
  ///   - minimumSize: How many entries the driver cannot do without.
  ///   - interrupts: Whether the driver will ever want to be interrupted for used buffers.
  ///   - platform: Where the queue's memory comes from.
  /// - Throws: ``DeviceError``: there is no such queue, no memory, or it cannot be notified.
  public mutating func makeQueue<P: Platform, let capacity: Int>(
    _ index: UInt16, atLeast minimumSize: Int = 1, interrupts: Bool = false,
    on platform: borrowing P
  ) throws(DeviceError) -> Virtqueue<P.Region, T.Bell, capacity> {
    let bit: UInt64 = 1 << UInt64(index)
    guard madeQueues & bit == 0 else { throw .queueMissing(index: index) }
    let maximumSize = transport.readMaximumSize(ofQueue: index)
    guard maximumSize > 0 else { throw .queueMissing(index: index) }
    let plan = QueuePlan(
      capacity: capacity, maximumSize: maximumSize, lineByteCount: P.Region.lineByteCount, features)
    guard plan.size >= minimumSize else {
      throw .queueTooSmall(index: index, size: maximumSize)
    }
    let memory: DMABuffer<P.Region>
    do {
      memory = try DMABuffer(byteCount: plan.byteCount, alignment: 4096, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    // The device may look at the rings as soon as it knows where they are: it has to find zeroes.
    memory.region.fullBarrier()
    let placement = plan.placement(
      of: index, at: memory.deviceAddress, features, interrupts: interrupts)
    let bell: T.Bell
    do {
      bell = try transport.enable(placement)
    } catch {
      // Unless it kept the queue, the device was not told of this memory, or not to use it.
      memory.free(to: platform, unless: error == .queueRefused(index: index, isKept: true))
      throw error
    }
    madeQueues |= bit
    return Virtqueue(memory: memory, placement: placement, mode: plan.mode, bell: bell)
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
