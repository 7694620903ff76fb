/// How the pixels of frames get to the device.
public enum PixelPath: Equatable, Sendable {
  /// The device has pixels of its own; those that are presented are transferred to it. Each device can do that.
  case transferred
  /// The device shows the memory that was drawn in, and nothing is copied.
  ///
  /// It takes ``GPUFeatures/resourceBlob``. The device reads the pixels while they are shown: a frame comes
  /// back to the program when another has taken its place on the scanout, so there have to be two of
  /// ``BufferCount`` or more. With one, the same pixels are drawn in while they are shown, which can be seen.
  ///
  /// A device may be able to make such memory a resource and not to show it. The first frame says so then, by
  /// a failure of `SET_SCANOUT_BLOB`; to go on, close the display and open it with ``transferred``.
  case shared(BlobFlags)

  /// The features that it takes, or makes use of.
  var features: GPUFeatures {
    switch self {
    case .transferred: []
    case .shared: [.resourceBlob, .blobAlignment]
    }
  }
}

/// What is to be done with the memory of a resource besides showing it, as the device has to know beforehand.
///
/// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq" (`VIRTIO_GPU_BLOB_FLAG_*`)
public struct BlobFlags: OptionSet, Hashable, Sendable {
  /// The bits on the wire.
  public let rawValue: UInt32

  /// The flags `rawValue`.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `VIRTIO_GPU_BLOB_FLAG_USE_MAPPABLE`: it is accessed by mapping it. This driver maps none.
  public static var mappable: Self { Self(rawValue: 1) }
  /// `VIRTIO_GPU_BLOB_FLAG_USE_SHAREABLE`: other instances of the driver get at it.
  public static var shareable: Self { Self(rawValue: 2) }
  /// `VIRTIO_GPU_BLOB_FLAG_USE_CROSS_DEVICE`: other devices get at it.
  public static var crossDevice: Self { Self(rawValue: 4) }
}

/// How the pixels of a display are shared.
struct BlobPlan: Equatable {
  let flags: BlobFlags
  /// What the length of a resource is a multiple of.
  var alignment = 4096

  /// Takes the device's word for the alignment; at least a page, so that slots share none.
  ///
  /// - Returns: Nil if it is no power of two.
  init?(_ flags: BlobFlags, alignment: UInt32) {
    guard alignment.nonzeroBitCount == 1 else { return nil }
    self.flags = flags
    self.alignment = max(self.alignment, Int(alignment))
  }
}
