public import VirtIO

/// What a ``ModelMachine`` is made of, and how its device misbehaves.
public struct ModelConfiguration: Sendable {
  /// A display that is connected to an output, or not.
  public struct Output: Equatable, Sendable {
    /// The width that suits it, in pixels.
    public var width: UInt32
    /// The height that suits it, in pixels.
    public var height: UInt32
    /// Whether it is connected.
    public var isEnabled: Bool
    /// Where it is placed among the others.
    public var x: UInt32 = 0
    /// Where it is placed among the others.
    public var y: UInt32 = 0
    /// What it answers when it is asked to describe itself; nil for what all answer.
    public var edid: [UInt8]?

    /// A display of this size.
    public init(width: UInt32, height: UInt32, isEnabled: Bool = true) {
      self.width = width
      self.height = height
      self.isEnabled = isEnabled
    }
  }

  /// How the driver reaches the device.
  public enum Bus: Sendable {
    /// As a PCI function.
    case pci
    /// By registers in memory.
    case memory
  }

  /// How the driver reaches the device.
  public var bus = Bus.pci
  /// How much memory the guest has.
  public var memoryByteCount = 16 << 20
  /// How far the clock moves each time that somebody looks at it.
  public var tick = Nanoseconds.microseconds(10)
  /// The feature bits on offer.
  public var offeredFeatures: UInt64 = Self.usualFeatures
  /// The most entries of each queue; 0 for a queue that is not there. The number of them is `num_queues`.
  public var queueSizes: [UInt16] = [64, 16]
  /// The outputs: as many as there are, `num_scanouts` says.
  public var outputs = [Output(width: 64, height: 48)]
  /// What each display answers when it is asked to describe itself, but for those that have an answer of
  /// their own: any bytes, of which the first 1024 are sent.
  public var edid = [UInt8](repeating: 0, count: 128)
  /// How long that answer is by its own words; nil for as long as it is.
  public var claimedEDIDByteCount: UInt32?
  /// `notify_off_multiplier`: queue i is notified at i times this.
  public var notifyMultiplier: UInt32 = 4
  /// What names each queue in notifications, where VIRTIO_F_NOTIF_CONFIG_DATA is agreed:
  /// `queue_notif_config_data`. Queues behind these are named by their index.
  public var notificationNames: [UInt16] = [0x1234, 0xfedc]
  /// When the device asks to be told of new buffers.
  public var notifications = ModelNotifications.always
  /// Whether the device, where buffers are used in order, tells of several at once by the last of them.
  public var givesBackInBatches = false
  /// How many elements a buffer in a packed ring may have on this device; nil for as many as the queue.
  public var listLimit: Int?
  /// How many times `queue_reset` reads 1 before the queue is reset.
  public var queueResetReadCount = 2
  /// How many vectors there are for MSI-X, up to 2048; 0 for a device that has only its line.
  public var vectorCount = 3
  /// Capabilities before all others, as bytes from `cap_vndr` on; the link is filled in.
  public var leadingCapabilities: [[UInt8]] = []
  /// The capability sets of the device.
  public var capabilitySets: [ModelCapabilitySet] = []
  /// What `num_capsets` says; nil for the truth.
  public var claimedCapabilitySetCount: UInt32?
  /// Whether transfers are refused that go further into the backing than the resource has bytes.
  public var refusesFurtherBacking = false
  /// What the device does wrong.
  public var faults: [ModelFault] = []
  /// What the device does wrong now and then, by chance.
  public var chance: ModelChance?
  /// The caches that the device does not snoop; nil if it snoops. For ``NonCoherentModelPlatform``.
  public var caches: ModelCacheShape?
  /// How many events to keep in the trace.
  public var traceLimit = 1 << 14

  /// The machine of the usual tests: one display of 64 by 48 pixels, no faults.
  public init() {}

  /// What a good device of this model offers: nothing that it could not do.
  public static var usualFeatures: UInt64 {
    Features([.version1, .accessPlatform, .orderPlatform, .indirectDescriptors, .eventIndex])
      .rawValue | 1 << 1
  }
}
