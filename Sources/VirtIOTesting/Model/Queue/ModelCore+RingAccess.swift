import VirtIO

/// What the driver may load from and store to the rings of a split queue, and in which order; what it does
/// with those of a packed one is handed on.
///
/// - Spec: VirtIO 1.4 §2.7.6 "The Virtqueue Available Ring", §2.7.13 "Supplying Buffers to The Device"
extension ModelCore {
  // MARK: Stores

  /// The driver is about to store to a ring.
  func willStore(_ place: RingPlace, _ width: Int, _ value: UInt64, releasing: Bool) {
    let queue = queues[place.queue]
    switch place.part {
    case .descriptor(let number):
      let owner = queue.inFlight.values.first { $0.descriptors.contains(UInt16(number)) }
      if let owner {
        violate(.clean1, "descriptor \(number) of the chain \(owner.head) in flight is stored to")
      }
      queues[place.queue].hasUnorderedEntries = true
    case .availableFlags:
      if width != 2 {
        violate(.splitD5, "the available flags are stored by \(width) bytes")
      } else if usesEventIndex, value != 0 {
        violate(.splitUsup3, "available flags \(value) with the event index")
      } else if value > 1 {
        violate(.splitUsup1, "available flags \(value)")
      }
    case .availableIndex:
      if queue.hasUnorderedEntries, !releasing {
        violate(.splitBar1, "the available index is stored, not ordered after its entries")
      } else if queue.hasUnorderedEntries, common.has(.orderPlatform) {
        violate(.rfb8, "the available index is stored without a barrier for devices before it")
      }
    case .availableSlot(let slot):
      checkSlot(slot, place.queue)
    case .usedEvent:
      if !usesEventIndex { violate(.splitD6, "used_event is stored without the event index") }
    case .usedFlags, .usedIndex, .usedElement, .availableEvent:
      violate(.splitD7, "the used ring of queue \(place.queue) is stored to")
    case .packedDescriptor(let slot, let offset):
      willStore(
        descriptor: slot, offset: offset, place.queue, width, value, releasing: releasing)
    case .driverEvent(let offset):
      willStore(driverEvent: offset, place.queue, width, value)
    case .deviceEvent:
      violate(.modelPacked1, "the device's event area of queue \(place.queue) is stored to")
    }
  }

  private func checkSlot(_ slot: Int, _ index: Int) {
    let queue = queues[index]
    let untaken = queue.availableIndex &- queue.takenIndex
    let isCovered = (0..<untaken).contains { queue.slot(of: queue.takenIndex &+ $0) == slot }
    if isCovered, queue.lateSlots.contains(slot) {
      violate(.splitBar1, "slot \(slot) of the available ring is stored after the index covers it")
    } else if isCovered {
      violate(.clean1, "slot \(slot) of the available ring is stored to, of a buffer in flight")
    }
    queues[index].lateSlots.remove(slot)
    queues[index].storedSlots[slot] = true
    queues[index].hasUnorderedEntries = true
  }

  /// The driver has stored to a ring.
  func didStore(_ place: RingPlace, _ width: Int, _ value: UInt64) {
    switch place.part {
    case .availableIndex: publish(UInt16(truncatingIfNeeded: value), place.queue)
    case .packedDescriptor(let slot, let offset):
      didStore(descriptor: slot, offset: offset, place.queue, width, value)
    default: break
    }
  }

  /// The driver has shown buffers to the device.
  private func publish(_ new: UInt16, _ index: Int) {
    let old = queues[index].availableIndex
    let count = Int(new &- old)
    queues[index].hasUnorderedEntries = false
    queues[index].hasOrderedIndex = false
    if count == 0 { return }
    queues[index].flagsSeen = nil
    queues[index].eventSeen = nil
    queues[index].availableIndex = new
    if count >= 0x8000, count > Int(queues[index].size) {
      violate(.splitAvail1, "the available index goes from \(old) back to \(new)")
      forget(index)
      return
    }
    if count + queues[index].inFlight.count > Int(queues[index].size) {
      violate(.splitD5, "the available index goes from \(old) to \(new): more than there can be")
      forget(index)
      return
    }
    if common.sawNeedsReset {
      violate(.status4, "queue \(index) is given buffers after NEEDS_RESET was read")
    }
    for number in 0..<count { expose(old &+ UInt16(number), index) }
    if queues[index].unannounced == nil { queues[index].unannounced = old }
  }

  /// Goes on behind an index that makes no sense.
  private func forget(_ index: Int) {
    queues[index].hasLostCount = true
    queues[index].takenIndex = queues[index].availableIndex
    queues[index].noticedIndex = queues[index].availableIndex
    queues[index].unannounced = nil
  }

  /// The device may now see what is in a slot.
  private func expose(_ position: UInt16, _ index: Int) {
    let slot = queues[index].slot(of: position)
    if !queues[index].storedSlots[slot] { queues[index].lateSlots.insert(slot) }
    queues[index].storedSlots[slot] = false
    let address = queues[index].availableSlotAddress(slot)
    let head = UInt16(truncatingIfNeeded: memory.load(address, 2))
    if queues[index].inFlight[head] != nil {
      violate(.clean1, "the chain \(head) is made available, which is in flight already")
      return
    }
    queues[index].inFlight[head] = walk(head, queues[index])
  }

  // MARK: Loads

  /// The driver is about to load from a ring.
  func willLoad(_ place: RingPlace, _ width: Int) {
    let queue = queues[place.queue]
    switch place.part {
    case .usedFlags:
      checkIndexOrder(place.queue, "used.flags")
    case .availableEvent:
      checkIndexOrder(place.queue, "avail_event")
      if !usesEventIndex { violate(.splitKick2, "avail_event is read without the event index") }
    case .usedIndex:
      settle(place.queue)
      poll()
    case .usedElement(let slot, true):
      guard queue.size > 1, slot == queue.slot(of: queue.elementCursor) else { return }
      if queue.elementCursor == queue.usedSeenInOrder {
        violate(.modelOrder1, "used element \(slot) is read, not ordered after the index")
      } else if common.has(.orderPlatform), queue.elementCursor == queue.usedSeenBehindBarrier {
        violate(.rfb8, "used element \(slot) is read without a barrier for devices before it")
      }
      queues[place.queue].elementCursor &+= 1
    case .packedDescriptor(let slot, let offset):
      willLoad(descriptor: slot, offset: offset, place.queue, width)
    case .deviceEvent(let offset): willLoad(deviceEvent: offset, place.queue)
    default: break
    }
  }

  private func checkIndexOrder(_ index: Int, _ name: String) {
    if queues[index].unannounced != nil, !queues[index].hasOrderedIndex {
      violate(.splitBar2, "\(name) is read, not ordered after the store of the available index")
    }
  }

  /// The driver has loaded from a ring.
  func didLoad(_ place: RingPlace, _ width: Int, _ value: UInt64, acquiring: Bool) {
    let half = UInt16(truncatingIfNeeded: value)
    switch place.part {
    case .usedFlags: queues[place.queue].flagsSeen = half
    case .availableEvent: queues[place.queue].eventSeen = half
    case .usedIndex:
      queues[place.queue].usedSeen = half
      if acquiring { queues[place.queue].usedSeenInOrder = half }
      acknowledge(place.queue)
    case .packedDescriptor(let slot, let offset):
      didLoad(
        descriptor: slot, offset: offset, place.queue, width, value, acquiring: acquiring)
    case .deviceEvent(let offset): didLoad(deviceEvent: offset, place.queue, width, value)
    default: break
    }
  }

  /// The driver knows of what was given back: those buffers are its own again.
  private func acknowledge(_ index: Int) {
    let seen = queues[index].usedSeen
    var rest: [(index: UInt16, heads: [UInt16])] = []
    for entry in queues[index].unseen {
      if seen &- entry.index < 0x8000 {
        for head in entry.heads {
          let chain = queues[index].inFlight.removeValue(forKey: head)
          if let resource = chain?.filledResource { gpu.didArrive(resource) }
        }
      } else {
        rest.append(entry)
      }
    }
    queues[index].unseen = rest
  }
}
