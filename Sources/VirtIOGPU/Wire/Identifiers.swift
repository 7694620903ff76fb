/// The number of a scanout: an output of the device, 0 to 15.
public struct ScanoutID: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt32

  /// The scanout `rawValue`.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `VIRTIO_GPU_MAX_SCANOUTS`.
  static var limit: Int { 16 }
}

/// The number of a resource: pixels that the device keeps.
public struct ResourceID: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt32

  /// The resource `rawValue`.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// No resource: disables a scanout, hides a cursor.
  public static var none: Self { Self(rawValue: 0) }
}

/// Feature bits of the GPU device.
///
/// - Spec: VirtIO 1.4 §5.7.3 "Feature bits"
public struct GPUFeatures: OptionSet, Hashable, Sendable {
  /// Bits 0 to 23 of the feature range.
  public let rawValue: UInt64

  /// The features `rawValue`.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  /// `VIRTIO_GPU_F_VIRGL`: 3D commands.
  public static var virgl: Self { Self(rawValue: 1 << 0) }
  /// `VIRTIO_GPU_F_EDID`: displays describe themselves.
  public static var edid: Self { Self(rawValue: 1 << 1) }
  /// `VIRTIO_GPU_F_RESOURCE_UUID`: resources can be named for other devices.
  public static var resourceUUID: Self { Self(rawValue: 1 << 2) }
  /// `VIRTIO_GPU_F_RESOURCE_BLOB`: resources can be plain memory.
  public static var resourceBlob: Self { Self(rawValue: 1 << 3) }
  /// `VIRTIO_GPU_F_CONTEXT_INIT`: several kinds of contexts, with timelines.
  public static var contextInit: Self { Self(rawValue: 1 << 4) }
  /// `VIRTIO_GPU_F_BLOB_ALIGNMENT`: blobs have an alignment.
  public static var blobAlignment: Self { Self(rawValue: 1 << 5) }

  /// What a program may ask for.
  static var usable: Self { [.virgl, .edid] }

  /// These features without those that need one that is not here.
  ///
  /// - Spec: VirtIO 1.4 §2.2.1 "Driver Requirements: Feature Bits"
  public var withDependencies: Self {
    var result = self
    if !contains(.virgl) { result.remove(.contextInit) }
    if !contains(.resourceBlob) { result.remove(.blobAlignment) }
    return result
  }
}
