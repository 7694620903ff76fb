package import VirtIO

/// The device's half of a packed virtqueue, in the same memory as the driver's.
package final class PackedDeviceRing {
  /// A buffer as the device finds it.
  package struct Chain: Equatable {
    package let id: UInt16
    /// Where its head lies.
    package let entry: Int
    package let entryCount: Int
    package let segments: [DeviceRing.Segment]
  }

  package let placement: QueuePlacement
  private let memory: DeviceMemory
  private let ring: MemoryView
  private let driverEvent: MemoryView
  private let deviceEvent: MemoryView
  private var available = (entry: 0, wrap: true)
  private var used = (entry: 0, wrap: true)

  private static var next: UInt16 { 1 << 0 }
  private static var write: UInt16 { 1 << 1 }
  private static var indirect: UInt16 { 1 << 2 }
  private static var availableFlag: UInt16 { 1 << 7 }
  private static var usedFlag: UInt16 { 1 << 15 }

  /// Nil if the queue does not lie in the device's memory.
  package init?(_ placement: QueuePlacement, in memory: DeviceMemory) {
    let size = Int(placement.size)
    guard let ring = memory.view(at: placement.descriptorArea, byteCount: 16 * size),
      let driverEvent = memory.view(at: placement.driverArea, byteCount: 4),
      let deviceEvent = memory.view(at: placement.deviceArea, byteCount: 4)
    else { return nil }
    self.placement = placement
    self.memory = memory
    self.ring = ring
    self.driverEvent = driverEvent
    self.deviceEvent = deviceEvent
  }

  private var size: Int { Int(placement.size) }

  // MARK: What the driver says

  /// `flags` of a descriptor.
  package func flags(_ entry: Int) -> UInt16 { ring.load(at: 16 * entry + 14) }

  /// The 16 bytes of a descriptor.
  package func descriptorBytes(_ entry: Int) -> [UInt8] {
    ring.part(at: 16 * entry, byteCount: 16).bytes
  }

  /// `desc` of the driver's event suppression: an entry, with the wrap counter in bit 15.
  package var driverEventPlace: UInt16 { driverEvent.load(at: 0) }
  /// `flags` of the driver's event suppression.
  package var driverEventFlags: UInt16 { driverEvent.load(at: 2) }

  /// Where the device looks next, with the wrap counter in bit 15.
  package var nextPlace: UInt16 { UInt16(available.entry) | (available.wrap ? 0x8000 : 0) }

  /// Takes the next buffer that was made available. All of it must be: nil if a part is not.
  package func nextChain() -> Chain? {
    let head = available
    guard isAvailable(head) else { return nil }
    var place = head
    var segments: [DeviceRing.Segment] = []
    while true {
      guard isAvailable(place) else { return nil }
      let flags = flags(place.entry)
      if flags & Self.indirect != 0 {
        segments += table(of: segment(ring, 16 * place.entry, flags))
      } else {
        segments.append(segment(ring, 16 * place.entry, flags))
      }
      let id: UInt16 = ring.load(at: 16 * place.entry + 12)
      advance(&place, by: 1)
      if flags & Self.next == 0 {
        available = place
        let count = (place.entry - head.entry + size - 1) % size + 1
        return Chain(id: id, entry: head.entry, entryCount: count, segments: segments)
      }
    }
  }

  private func isAvailable(_ place: (entry: Int, wrap: Bool)) -> Bool {
    let flags = flags(place.entry)
    return (flags & Self.availableFlag != 0) == place.wrap
      && (flags & Self.usedFlag != 0) != place.wrap
  }

  private func segment(_ view: MemoryView, _ offset: Int, _ flags: UInt16) -> DeviceRing.Segment {
    DeviceRing.Segment(
      address: DeviceAddress(rawValue: view.load(at: offset)),
      byteCount: view.load(at: offset + 8), isWritable: flags & Self.write != 0)
  }

  /// What is in a table; nothing if its entries have other flags than WRITE.
  private func table(of segment: DeviceRing.Segment) -> [DeviceRing.Segment] {
    guard let view = memory.view(at: segment.address, byteCount: Int(segment.byteCount)) else {
      return []
    }
    return stride(from: 0, to: view.byteCount, by: 16).compactMap { offset in
      let flags: UInt16 = view.load(at: offset + 14)
      return flags & ~Self.write == 0 ? self.segment(view, offset, flags) : nil
    }
  }

  private func advance(_ place: inout (entry: Int, wrap: Bool), by count: Int) {
    place.entry += count
    if place.entry >= size {
      place.entry -= size
      place.wrap.toggle()
    }
  }

  // MARK: What the device says

  /// Gives a buffer back, as a device should.
  package func use(_ chain: Chain, written: UInt32 = 0) {
    use(chain.id, written: written, entryCount: chain.entryCount)
  }

  /// Gives back all of a batch by the last of it, as a device may that works in order.
  package func useBatch(_ chains: [Chain], written: UInt32 = 0) {
    guard let last = chains.last else { return }
    use(last.id, written: written, entryCount: chains.reduce(0) { $0 + $1.entryCount })
  }

  /// Writes a used descriptor with any id, and goes on by so many entries.
  package func use(_ id: UInt16, written: UInt32 = 0, entryCount: Int) {
    let offset = 16 * used.entry
    ring.store(written, at: offset + 8)
    ring.store(id, at: offset + 12)
    ring.store(used.wrap ? Self.availableFlag | Self.usedFlag : UInt16(0), at: offset + 14)
    advance(&used, by: entryCount)
  }

  /// Says when to be notified: 0 always, 1 never, 2 at a place.
  package func setEvent(flags: UInt16, place: UInt16 = 0) {
    deviceEvent.store(place, at: 0)
    deviceEvent.store(flags, at: 2)
  }
}
