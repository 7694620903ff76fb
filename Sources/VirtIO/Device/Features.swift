/// Feature bits that belong to no device type: those of the queues and the transport.
///
/// - Spec: VirtIO 1.4 §6 "Reserved Feature Bits"
public struct Features: OptionSet, Hashable, Sendable {
  /// Bits 0 to 63 of the feature range; no later one is defined.
  public let rawValue: UInt64

  /// The feature bits `rawValue`.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// `VIRTIO_F_INDIRECT_DESC`: descriptors may point to tables of descriptors.
  public static var indirectDescriptors: Self { Self(rawValue: 1 << 28) }
  /// `VIRTIO_F_EVENT_IDX`: notifications are asked for by ring index.
  public static var eventIndex: Self { Self(rawValue: 1 << 29) }
  /// `VIRTIO_F_VERSION_1`: the device follows version 1 of the specification or a later one.
  public static var version1: Self { Self(rawValue: 1 << 32) }
  /// `VIRTIO_F_ACCESS_PLATFORM`: device addresses may be translated or limited by the platform.
  public static var accessPlatform: Self { Self(rawValue: 1 << 33) }
  /// `VIRTIO_F_RING_PACKED`: the packed virtqueue layout.
  public static var packedRing: Self { Self(rawValue: 1 << 34) }
  /// `VIRTIO_F_IN_ORDER`: buffers are used in the order in which they were made available.
  public static var inOrder: Self { Self(rawValue: 1 << 35) }
  /// `VIRTIO_F_ORDER_PLATFORM`: memory accesses are ordered as the platform prescribes.
  public static var orderPlatform: Self { Self(rawValue: 1 << 36) }
  /// `VIRTIO_F_NOTIFICATION_DATA`: notifications carry the position in the ring.
  public static var notificationData: Self { Self(rawValue: 1 << 38) }
  /// `VIRTIO_F_NOTIF_CONFIG_DATA`: notifications carry a value that the device gave.
  public static var notificationConfigData: Self { Self(rawValue: 1 << 39) }
  /// `VIRTIO_F_RING_RESET`: a queue can be reset by itself.
  public static var ringReset: Self { Self(rawValue: 1 << 40) }

  /// The bits that device types define for themselves.
  ///
  /// - Spec: VirtIO 1.4 §2.2 "Feature Bits"
  public static var deviceType: Self { Self(rawValue: (1 << 24) - 1) }

  /// What queues honour on any transport, and what is accepted whenever it is offered.
  ///
  /// Addresses always come from the ``Platform``, which translates them where that is needed; queues
  /// have the barriers of the platform once it is agreed that they matter. Besides these, a device's
  /// transport has some (``Transport/honouredFeatures``). Nothing else that is not of the device type is
  /// ever accepted, whatever a driver asks for.
  static var honoured: Self {
    [
      .version1, .accessPlatform, .orderPlatform, .eventIndex, .indirectDescriptors, .packedRing,
      .inOrder,
    ]
  }
}
