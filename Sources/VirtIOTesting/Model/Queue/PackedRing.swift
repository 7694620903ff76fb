/// What a packed queue has of its own. Positions count slots since the queue was enabled, without wrapping.
///
/// - Spec: VirtIO 1.4 §2.8 "Packed Virtqueues"
struct PackedRing {
  /// How what the driver reads of a used descriptor is ordered after the flags that say that it is one.
  enum Order {
    case none, acquired, behindBarrier
  }

  /// Behind all that the driver has made available.
  var exposed = 0
  /// As far as the device was told.
  var noticed = 0
  /// As far as the device has taken.
  var taken = 0
  /// Where the device says next that it has used something.
  var used = 0
  /// Where the driver looks next: it has seen all that was used before.
  var seen = 0
  /// Where ``exposed`` was before what the device was not told of; nil if it was told of all.
  var unannounced: Int?
  /// What the driver has exposed and the device has not taken: the id, and the position behind it.
  var untaken: [(id: UInt16, end: Int)] = []
  /// In which order the driver has made available what it has in flight.
  var ids: [UInt16] = []
  /// Slots whose flags were stored and that are not exposed: whether as those of an available descriptor.
  var stored: [Int: Bool] = [:]
  /// The slot in which the driver saw last that something was used.
  var lastSeenSlot: Int?
  var order = Order.behindBarrier
  /// What the device may have written to the buffers that the driver saw used last.
  var answers: [ModelRange] = []
  /// The device has said something that is not so: where the driver looks next is not known.
  var isMisled = false
}

/// The flags of a packed descriptor.
///
/// - Spec: VirtIO 1.4 §2.8.1 "Driver and Device Ring Wrap Counters", §2.8.13 "The Virtqueue Descriptor
///   Format"
struct PackedFlags: OptionSet {
  let rawValue: UInt16

  static let next = Self(rawValue: 1)
  static let write = Self(rawValue: 2)
  static let indirect = Self(rawValue: 4)
  static let available = Self(rawValue: 1 << 7)
  static let used = Self(rawValue: 1 << 15)
  static let defined: Self = [.next, .write, .indirect, .available, .used]

  func isAvailable(_ wrap: Bool) -> Bool {
    contains(.available) == wrap && contains(.used) != wrap
  }
  func isUsed(_ wrap: Bool) -> Bool { contains(.available) == wrap && contains(.used) == wrap }
}

extension ModelQueue {
  /// The slot of a position in a packed ring.
  func packedSlot(_ position: Int) -> Int { size == 0 ? 0 : position % Int(size) }
  /// The wrap counter there: 1 in the first lap.
  func wrap(_ position: Int) -> Bool { size == 0 || position / Int(size) % 2 == 0 }
  /// The first position from `start` on that has this slot.
  func position(ofSlot slot: Int, from start: Int) -> Int {
    let distance = slot - packedSlot(start)
    return start + (distance < 0 ? distance + Int(size) : distance)
  }

  func packedAddress(_ slot: Int) -> UInt64 { addresses[0] &+ 16 &* UInt64(slot) }
  var driverEventAddress: UInt64 { addresses[1] }
  var deviceEventAddress: UInt64 { addresses[2] }

  /// The number that names a position in an event area, or in a notification.
  func eventWord(_ position: Int) -> UInt16 {
    UInt16(packedSlot(position)) | (wrap(position) ? 0x8000 : 0)
  }

  /// Whether going from `old` to `new` passes the position that an event area names.
  ///
  /// - Spec: VirtIO 1.4 §2.8.10 "Driver and Device Event Suppression"
  func passes(_ event: UInt16, from old: Int, to new: Int) -> Bool {
    let isOfThisLap = (event & 0x8000 != 0) == wrap(new)
    let lap = new / max(1, Int(size)) - (isOfThisLap ? 0 : 1)
    let position = lap * Int(size) + Int(event & 0x7fff)
    return position >= old && position < new
  }
}
