/// The 16 bytes of a descriptor, as two numbers of 64 bits.
///
/// - Spec: VirtIO 1.4 §2.7.5 "The Virtqueue Descriptor Table", §2.8.13 "The Virtqueue Descriptor Format"
struct Descriptor: Equatable, Sendable {
  /// `addr`.
  private(set) var address: UInt64
  /// `len` in the low half. The high half has `flags` and `next` on a split ring, `id` and `flags` on a
  /// packed one.
  var rest: UInt64

  static var byteCount: Int { 16 }

  /// A descriptor that is no place's.
  static var none: Self { Self(address: 0, rest: 0) }

  /// A descriptor of a split ring.
  static func split(_ segment: Segment, _ flags: DescriptorFlags, next: UInt16 = 0) -> Self {
    Self(
      address: segment.address.rawValue,
      rest: UInt64(segment.byteCount) | UInt64(flags.rawValue) << 32 | UInt64(next) << 48)
  }

  /// A descriptor of a packed ring that is not available yet.
  static func packed(_ segment: Segment, _ flags: DescriptorFlags, id: UInt16 = 0) -> Self {
    Self(
      address: segment.address.rawValue,
      rest: UInt64(segment.byteCount) | UInt64(id) << 32 | UInt64(flags.rawValue) << 48)
  }

  /// Changes `len`.
  mutating func setByteCount(_ byteCount: UInt32) {
    rest = rest & 0xffff_ffff_0000_0000 | UInt64(byteCount)
  }

  /// Changes `addr` and `len`.
  mutating func move(to segment: Segment) {
    address = segment.address.rawValue
    setByteCount(segment.byteCount)
  }

  /// Stores it, in no order.
  func store<Region: DMARegion>(in region: Region, uncheckedAt offset: Int) {
    region.store64(address, uncheckedAt: offset)
    region.store64(rest, uncheckedAt: offset &+ 8)
  }
}

/// The flags of a descriptor.
///
/// - Spec: VirtIO 1.4 §2.7.5 "The Virtqueue Descriptor Table", §2.8.1 "Driver and Device Ring Wrap Counters"
struct DescriptorFlags: OptionSet, Sendable {
  let rawValue: UInt16

  /// `VIRTQ_DESC_F_NEXT`: the chain goes on.
  static var next: Self { Self(rawValue: 1) }
  /// `VIRTQ_DESC_F_WRITE`: the device writes this segment.
  static var write: Self { Self(rawValue: 2) }
  /// `VIRTQ_DESC_F_INDIRECT`: the segment is a table of descriptors.
  static var indirect: Self { Self(rawValue: 4) }
  /// `VIRTQ_DESC_F_AVAIL` of a packed ring.
  static var available: Self { Self(rawValue: 1 << 7) }
  /// `VIRTQ_DESC_F_USED` of a packed ring.
  static var used: Self { Self(rawValue: 1 << 15) }
}

/// A table of the two descriptors that a chain has at most.
///
/// - Spec: VirtIO 1.4 §2.7.5.3 "Indirect Descriptors", §2.8.19 "The Virtqueue Descriptor Table"
enum IndirectTable {
  static var byteCount: Int { 2 &* Descriptor.byteCount }
}
