package import VirtIO

/// The device's half of a split virtqueue, in the same memory as the driver's.
package final class DeviceRing {
  /// A chain as the device finds it.
  package struct Chain: Equatable {
    package let head: UInt16
    package let segments: [Segment]
  }

  /// A descriptor of a chain.
  package struct Segment: Equatable {
    package let address: DeviceAddress
    package let byteCount: UInt32
    package let isWritable: Bool

    package init(address: DeviceAddress, byteCount: UInt32, isWritable: Bool) {
      self.address = address
      self.byteCount = byteCount
      self.isWritable = isWritable
    }
  }

  package let placement: QueuePlacement
  private let memory: DeviceMemory
  private let descriptors: MemoryView
  private let available: MemoryView
  private let used: MemoryView
  /// How far the available ring was read.
  package private(set) var availableIndex: UInt16 = 0
  /// How many buffers were used, as the device counts them.
  package private(set) var usedIndex: UInt16 = 0

  /// Nil if the queue does not lie in the device's memory.
  package init?(_ placement: QueuePlacement, in memory: DeviceMemory) {
    let size = Int(placement.size)
    guard let descriptors = memory.view(at: placement.descriptorArea, byteCount: 16 * size),
      let available = memory.view(at: placement.driverArea, byteCount: 6 + 2 * size),
      let used = memory.view(at: placement.deviceArea, byteCount: 6 + 8 * size)
    else { return nil }
    self.placement = placement
    self.memory = memory
    self.descriptors = descriptors
    self.available = available
    self.used = used
  }

  // MARK: What the driver says

  /// `avail.flags`.
  package var availableFlags: UInt16 { available.load(at: 0) }
  /// The two bytes behind the available ring: `used_event`, when that was agreed on.
  package var usedEvent: UInt16 { available.load(at: 4 + 2 * Int(placement.size)) }
  /// `avail.idx`.
  package var publishedIndex: UInt16 { available.load(at: 2) }

  /// Takes the next chain that was made available.
  package func nextChain() -> Chain? {
    guard publishedIndex != availableIndex else { return nil }
    let slot = Int(availableIndex % placement.size)
    availableIndex &+= 1
    let head: UInt16 = available.load(at: 4 + 2 * slot)
    var segments: [Segment] = []
    var index: UInt16? = head
    while let current = index, current < placement.size, segments.count < placement.size {
      let (segment, next) = descriptor(Int(current))
      if isIndirect(Int(current)) {
        segments += table(of: segment)
      } else {
        segments.append(segment)
      }
      index = next
    }
    return Chain(head: head, segments: segments)
  }

  private func isIndirect(_ index: Int) -> Bool {
    let flags: UInt16 = descriptors.load(at: 16 * index + 12)
    return flags & 4 != 0
  }

  /// What is in a table; nothing if its entries do not follow each other.
  private func table(of segment: Segment) -> [Segment] {
    guard let view = memory.view(at: segment.address, byteCount: Int(segment.byteCount)) else {
      return []
    }
    let count = view.byteCount / 16
    return (0..<count).compactMap { index in
      let flags: UInt16 = view.load(at: 16 * index + 12)
      let next: UInt16 = view.load(at: 16 * index + 14)
      let isLast = index + 1 == count
      guard flags & ~2 == (isLast ? 0 : 1), next == (isLast ? 0 : UInt16(index + 1)) else {
        return nil
      }
      return Segment(
        address: DeviceAddress(rawValue: view.load(at: 16 * index)),
        byteCount: view.load(at: 16 * index + 8), isWritable: flags & 2 != 0)
    }
  }

  /// A descriptor, and the one that it names as the next.
  package func descriptor(_ index: Int) -> (Segment, next: UInt16?) {
    let flags: UInt16 = descriptors.load(at: 16 * index + 12)
    let segment = Segment(
      address: DeviceAddress(rawValue: descriptors.load(at: 16 * index)),
      byteCount: descriptors.load(at: 16 * index + 8), isWritable: flags & 2 != 0)
    return (segment, flags & 1 != 0 ? descriptors.load(at: 16 * index + 14) : nil)
  }

  /// The 16 bytes of a descriptor.
  package func descriptorBytes(_ index: Int) -> [UInt8] {
    descriptors.part(at: 16 * index, byteCount: 16).bytes
  }

  // MARK: What the device says

  /// `used.flags`.
  package var usedFlags: UInt16 {
    get { used.load(at: 0) }
    set { used.store(newValue, at: 0) }
  }

  /// The two bytes behind the used ring: `avail_event`, when that was agreed on.
  package var availableEvent: UInt16 {
    get { used.load(at: 4 + 8 * Int(placement.size)) }
    set { used.store(newValue, at: 4 + 8 * Int(placement.size)) }
  }

  /// Gives a buffer back, as a device should.
  package func use(_ id: UInt32, written: UInt32 = 0) {
    let offset = 4 + 8 * Int(usedIndex % placement.size)
    used.store(id, at: offset)
    used.store(written, at: offset + 4)
    usedIndex &+= 1
    used.store(usedIndex, at: 2)
  }

  /// Gives back so many chains by the last of them, as a device may that works in order.
  package func useBatch(_ count: UInt16, last: Chain, written: UInt32 = 0) {
    let offset = 4 + 8 * Int(usedIndex % placement.size)
    used.store(UInt32(last.head), at: offset)
    used.store(written, at: offset + 4)
    usedIndex &+= count
    used.store(usedIndex, at: 2)
  }

  /// Gives a chain back, as a device should.
  package func use(_ chain: Chain, written: UInt32 = 0) {
    use(UInt32(chain.head), written: written)
  }

  /// Claims a used index out of the blue.
  package func claimUsedIndex(_ index: UInt16) {
    used.store(index, at: 2)
  }

  /// The memory of a segment, or nil if it is not the device's.
  package func view(of segment: Segment) -> MemoryView? {
    memory.view(at: segment.address, byteCount: Int(segment.byteCount))
  }
}
