import VirtIO

/// What a 3D library on the device's side can do, as the device lists it: a block of data in a format of that
/// library's own, in several versions.
///
/// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq" (`struct virtio_gpu_resp_capset_info`)
public struct CapabilitySet: Equatable, Sendable {
  /// Which format the data has.
  public let id: CapabilitySetID
  /// The newest version of the data that the device has.
  public let maximumVersion: UInt32
  /// The most bytes that the data has, as the device says.
  public let maximumByteCount: UInt32

  /// A set as a device lists it.
  public init(id: CapabilitySetID, maximumVersion: UInt32, maximumByteCount: UInt32) {
    self.id = id
    self.maximumVersion = maximumVersion
    self.maximumByteCount = maximumByteCount
  }
}

/// The format of a ``CapabilitySet``.
public struct CapabilitySetID: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt32

  /// The format `rawValue`.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `VIRTIO_GPU_CAPSET_VIRGL`.
  public static var virgl: Self { Self(rawValue: 1) }
  /// `VIRTIO_GPU_CAPSET_VIRGL2`.
  public static var virgl2: Self { Self(rawValue: 2) }
  /// `VIRTIO_GPU_CAPSET_GFXSTREAM`.
  public static var gfxstream: Self { Self(rawValue: 3) }
  /// `VIRTIO_GPU_CAPSET_VENUS`.
  public static var venus: Self { Self(rawValue: 4) }
  /// `VIRTIO_GPU_CAPSET_CROSS_DOMAIN`.
  public static var crossDomain: Self { Self(rawValue: 5) }
}

/// The capability sets of a device.
public struct CapabilitySets: Sendable {
  private var storage: FixedArray<16, CapabilitySet>
  /// How many there are.
  public private(set) var count = 0

  /// None.
  public init() {
    storage = FixedArray(
      repeating: CapabilitySet(
        id: CapabilitySetID(rawValue: 0), maximumVersion: 0, maximumByteCount: 0))
  }

  /// The most that are listed; the specification knows five.
  public static var capacity: Int { 16 }

  /// The sets, in the order of the device.
  public var sets: Span<CapabilitySet> {
    @_lifetime(borrow self) get { storage.span.extracting(first: count) }
  }

  /// The first set of that format; nil if there is none.
  public subscript(_ id: CapabilitySetID) -> CapabilitySet? {
    for index in 0..<count where storage[index].id == id { return storage[index] }
    return nil
  }

  /// Adds a set, if there is room.
  mutating func append(_ set: CapabilitySet) {
    guard count < Self.capacity else { return }
    storage[count] = set
    count &+= 1
  }
}
