import VirtIO

/// The device's half of a queue, split or packed: it does what a device should, however its own rings look, and
/// anything else as well.
struct DeviceQueue {
  /// A buffer that the device has.
  struct Chain {
    let id: UInt16
    /// How many descriptors it takes on a packed ring.
    let entryCount: Int
    let segments: [Segment]
    /// How much of it the device may write.
    var room: UInt32 { segments.reduce(0) { $0 &+ ($1.isWritable ? $1.byteCount : 0) } }
  }

  struct Segment {
    let address: UInt64
    let byteCount: UInt32
    let isWritable: Bool
  }

  let placement: QueuePlacement
  private let memory: FuzzPlatform
  private let isPacked: Bool
  private var next: UInt16 = 0
  private var used: UInt16 = 0
  private var nextPlace = (entry: 0, wrap: true)
  private var usedPlace = (entry: 0, wrap: true)

  init(_ placement: QueuePlacement, in memory: FuzzPlatform) {
    self.placement = placement
    self.memory = memory
    isPacked = placement.features.contains(.packedRing)
  }

  private var size: Int { max(1, Int(placement.size)) }
  private var descriptors: UInt64 { placement.descriptorArea.rawValue }
  private var driver: UInt64 { placement.driverArea.rawValue }
  private var device: UInt64 { placement.deviceArea.rawValue }

  // MARK: As it should be

  /// Takes the next buffer; nil if there is none.
  mutating func take() -> Chain? { isPacked ? takePacked() : takeSplit() }

  /// Gives a buffer back.
  mutating func use(_ chain: Chain, written: UInt32) {
    use(UInt32(chain.id), written: written, entryCount: chain.entryCount)
  }

  private mutating func takeSplit() -> Chain? {
    guard memory.load(driver + 2, as: UInt16.self) != next else { return nil }
    let head = memory.load(driver + 4 + 2 * UInt64(Int(next) % size), as: UInt16.self)
    next &+= 1
    // It wants to hear of the next one (§2.7.10).
    if placement.features.contains(.eventIndex) {
      memory.store(next, device + 4 + 8 * UInt64(size))
    }
    var segments: [Segment] = []
    var index: UInt16? = head
    // Not without end, whatever the driver's descriptors became.
    for _ in 0..<4 {
      guard let current = index, Int(current) < size else { break }
      let offset = descriptors + 16 * UInt64(current)
      let flags = memory.load(offset + 12, as: UInt16.self)
      add(offset, flags, &segments)
      index = flags & 1 != 0 ? memory.load(offset + 14, as: UInt16.self) : nil
    }
    return Chain(id: head, entryCount: 1, segments: segments)
  }

  private mutating func takePacked() -> Chain? {
    let head = nextPlace.entry
    var segments: [Segment] = []
    var count = 0
    while count < 4 {
      let offset = descriptors + 16 * UInt64(nextPlace.entry)
      let flags = memory.load(offset + 14, as: UInt16.self)
      guard (flags & 0x80 != 0) == nextPlace.wrap, (flags & 0x8000 != 0) != nextPlace.wrap else {
        return nil
      }
      count += 1
      add(offset, flags, &segments)
      let id = memory.load(offset + 12, as: UInt16.self)
      Self.advance(&nextPlace, by: 1, size)
      if flags & 1 == 0 { return Chain(id: id, entryCount: count, segments: segments) }
      if nextPlace.entry == head { return nil }
    }
    return nil
  }

  /// Adds what a descriptor is about: memory, or a table of two.
  private func add(_ offset: UInt64, _ flags: UInt16, _ segments: inout [Segment]) {
    let address = memory.load(offset, as: UInt64.self)
    let byteCount = memory.load(offset + 8, as: UInt32.self)
    guard flags & 4 != 0 else {
      return segments.append(
        Segment(address: address, byteCount: byteCount, isWritable: flags & 2 != 0))
    }
    for entry in 0..<UInt64(min(byteCount / 16, 2)) {
      let place = address &+ 16 * entry
      let flags = memory.load(place &+ (isPacked ? 14 : 12), as: UInt16.self)
      segments.append(
        Segment(
          address: memory.load(place, as: UInt64.self),
          byteCount: memory.load(place &+ 8, as: UInt32.self), isWritable: flags & 2 != 0))
    }
  }

  private static func advance(_ place: inout (entry: Int, wrap: Bool), by count: Int, _ size: Int) {
    place.entry += count
    if place.entry >= size {
      place.entry %= size
      place.wrap.toggle()
    }
  }

  // MARK: As it should not be

  /// Gives back what it need not have.
  mutating func use(_ id: UInt32, written: UInt32, entryCount: Int = 1) {
    guard isPacked else {
      let element = device + 4 + 8 * UInt64(Int(used) % size)
      memory.store(id, element)
      memory.store(written, element + 4)
      used &+= 1
      return memory.store(used, device + 2)
    }
    let offset = descriptors + 16 * UInt64(usedPlace.entry)
    memory.store(written, offset + 8)
    memory.store(UInt16(truncatingIfNeeded: id), offset + 12)
    memory.store(usedPlace.wrap ? UInt16(0x8080) : 0, offset + 14)
    Self.advance(&usedPlace, by: max(1, entryCount), size)
  }

  /// Says that it has used so many more than it has.
  mutating func skip(_ count: UInt16) {
    if isPacked { return Self.advance(&usedPlace, by: Int(count) % size, size) }
    used &+= count
    memory.store(used, device + 2)
  }

  /// Writes anything anywhere among the rings, where what the driver writes is as well.
  func scribble(_ value: UInt64, width: Int, at place: UInt16) {
    let areas = [descriptors, driver, device]
    let lengths = isPacked ? [16 * size, 4, 4] : [16 * size, 6 + 2 * size, 6 + 8 * size]
    let area = Int(place >> 14) % 3
    let address = areas[area] + UInt64(Int(place & 0x3fff) % lengths[area])
    switch width & 3 {
    case 0: memory.store(UInt16(truncatingIfNeeded: value), address & ~1)
    case 1: memory.store(UInt32(truncatingIfNeeded: value), address & ~3)
    default: memory.store(value, address & ~7)
    }
  }
}
