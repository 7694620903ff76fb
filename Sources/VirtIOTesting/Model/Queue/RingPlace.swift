import VirtIO

/// What a byte of a ring is.
struct RingPlace {
  enum Part: Equatable {
    case descriptor(Int)
    case availableFlags
    case availableIndex
    case availableSlot(Int)
    case usedEvent
    case usedFlags
    case usedIndex
    case usedElement(Int, isID: Bool)
    case availableEvent
    /// Of the ring of a packed queue, with the offset in the descriptor.
    case packedDescriptor(Int, offset: Int)
    /// Of the driver's event suppression area.
    case driverEvent(offset: Int)
    /// Of the device's.
    case deviceEvent(offset: Int)
  }

  let queue: Int
  let part: Part
}

extension ModelCore {
  var usesPackedRing: Bool { common.has(.packedRing) }
  var usesEventIndex: Bool { common.has(.eventIndex) }

  /// What an address is in the rings of the device; nil if it is in none.
  func ringPlace(of address: UInt64) -> RingPlace? {
    for index in queues.indices where queues[index].isEnabled {
      let queue = queues[index]
      guard let area = queue.area(of: address) else { continue }
      let offset = Int(address &- queue.areas[area].start)
      let part =
        usesPackedRing
        ? packedPart(area, offset) : splitPart(area, offset, size: Int(queue.size))
      return RingPlace(queue: index, part: part)
    }
    return nil
  }

  private func packedPart(_ area: Int, _ offset: Int) -> RingPlace.Part {
    switch area {
    case 0: .packedDescriptor(offset / 16, offset: offset % 16)
    case 1: .driverEvent(offset: offset)
    default: .deviceEvent(offset: offset)
    }
  }

  private func splitPart(_ area: Int, _ offset: Int, size: Int) -> RingPlace.Part {
    switch (area, offset) {
    case (0, _): return .descriptor(offset / 16)
    case (1, 0...1): return .availableFlags
    case (1, 2...3): return .availableIndex
    case (1, _):
      let slot = (offset - 4) / 2
      return slot < size ? .availableSlot(slot) : .usedEvent
    case (_, 0...1): return .usedFlags
    case (_, 2...3): return .usedIndex
    default:
      let slot = (offset - 4) / 8
      return slot < size ? .usedElement(slot, isID: (offset - 4) % 8 < 4) : .availableEvent
    }
  }
}
