import VirtIO

/// What the driver may load from and store to a packed ring, and in which order.
///
/// - Spec: VirtIO 1.4 §2.8 "Packed Virtqueues"
extension ModelCore {
  // MARK: Stores

  /// The driver is about to store to a descriptor.
  func willStore(
    descriptor slot: Int, offset: Int, _ index: Int, _ width: Int, _ value: UInt64, releasing: Bool
  ) {
    checkOwner(of: slot, index)
    let queue = queues[index]
    let exposes =
      flags(at: offset, width, value)?.isAvailable(queue.wrap(queue.packed.exposed)) == true
      && slot == queue.packedSlot(queue.packed.exposed)
    guard exposes else {
      queues[index].hasUnorderedEntries = true
      return
    }
    if queue.hasUnorderedEntries, !releasing {
      violate(.packedBar1, "slot \(slot) is made available, not ordered after its descriptors")
    } else if queue.hasUnorderedEntries, common.has(.orderPlatform) {
      violate(.rfb8, "slot \(slot) is made available without a barrier for devices before it")
    }
  }

  /// The flags that an access to a descriptor covers; nil if it does not.
  private func flags(at offset: Int, _ width: Int, _ value: UInt64) -> PackedFlags? {
    guard offset <= 14, offset + width == 16 else { return nil }
    return PackedFlags(rawValue: UInt16(truncatingIfNeeded: value >> UInt64(8 * (14 - offset))))
  }

  private func checkOwner(of slot: Int, _ index: Int) {
    let queue = queues[index]
    let position = queue.position(ofSlot: slot, from: queue.packed.seen)
    if position < min(queue.packed.used, queue.packed.exposed) {
      violate(.packedDesc1, "slot \(slot) is stored to, whose use the driver has not seen")
    } else if position < queue.packed.exposed {
      violate(.packedDesc2, "slot \(slot) is stored to, which the device has")
    } else if queue.packed.stored[slot] == true {
      violate(.packedDesc2, "slot \(slot) is stored to after it was marked available")
    }
  }

  /// The driver has stored to a descriptor.
  func didStore(descriptor slot: Int, offset: Int, _ index: Int, _ width: Int, _ value: UInt64) {
    guard let flags = flags(at: offset, width, value) else { return }
    let queue = queues[index]
    let position = queue.position(ofSlot: slot, from: queue.packed.exposed)
    queues[index].packed.stored[slot] = flags.isAvailable(queue.wrap(position))
    exposeLists(index)
  }

  /// The device may now see what follows in the ring.
  private func exposeLists(_ index: Int) {
    let queue = queues[index]
    let old = queue.packed.exposed
    while queue.packed.exposed - queue.packed.seen < Int(queue.size) {
      let position = queue.packed.exposed
      let address = queue.packedAddress(queue.packedSlot(position)) &+ 14
      let flags = PackedFlags(rawValue: UInt16(truncatingIfNeeded: memory.load(address, 2)))
      guard flags.isAvailable(queue.wrap(position)) else { break }
      expose(walkList(at: position, queue), index)
    }
    guard queue.packed.exposed != old else { return }
    queue.hasUnorderedEntries = false
    queue.hasOrderedIndex = false
    queue.flagsSeen = nil
    queue.eventSeen = nil
    if common.sawNeedsReset {
      violate(.status4, "queue \(index) is given buffers after NEEDS_RESET was read")
    }
    if queue.packed.unannounced == nil { queue.packed.unannounced = old }
  }

  private func expose(_ list: ModelChain, _ index: Int) {
    let queue = queues[index]
    let start = queue.packed.exposed
    for position in start..<start + list.slotCount {
      queue.packed.stored[queue.packedSlot(position)] = nil
    }
    queue.packed.exposed += list.slotCount
    if queue.inFlight[list.head] != nil {
      violate(.modelPacked2, "two buffers in flight have the id \(list.head)")
      return
    }
    queue.inFlight[list.head] = list
    queue.packed.ids.append(list.head)
    queue.packed.untaken.append((list.head, queue.packed.exposed))
  }

  /// The driver is about to store to its event area: when it wants to be interrupted.
  ///
  /// - Spec: VirtIO 1.4 §2.8.14 "Event Suppression Structure Format"
  func willStore(driverEvent offset: Int, _ index: Int, _ width: Int, _ value: UInt64) {
    let queue = queues[index]
    var word = memory.load(queue.driverEventAddress, 4)
    let mask: UInt64 = width == 2 ? 0xffff : 0xffff_ffff
    word = word & ~(mask << UInt64(8 * offset)) | (value & mask) << UInt64(8 * offset)
    let event = word & 0x7fff
    switch word >> 16 {
    case 0, 1: break
    case 2 where !usesEventIndex:
      violate(.packedD13, "event flags 2 of queue \(index) without the event index")
    case 2:
      if event >= UInt64(queue.size) {
        violate(.packedD13, "the event \(event) of queue \(index) is outside its ring")
      }
    default: violate(.packedD13, "event flags \(word >> 16) of queue \(index)")
    }
  }

  // MARK: Loads

  /// The driver is about to load from a descriptor.
  func willLoad(descriptor slot: Int, offset: Int, _ index: Int, _ width: Int) {
    let queue = queues[index]
    let next = queue.packedSlot(queue.packed.seen)
    if offset + width == 16 {
      if slot != next, slot != queue.packed.lastSeenSlot, !queue.packed.isMisled {
        violate(.packedD5, "slot \(slot) is looked at, and \(next) is the next to be used")
      }
      settle(index)
      poll()
    } else if slot == queue.packed.lastSeenSlot {
      checkUsedOrder(slot, queue)
    } else if slot == next, queue.packed.used > queue.packed.seen {
      violate(.modelOrder1, "slot \(slot) is read before the flags that say that it was used")
    }
  }

  /// The driver is about to read what the device has written to a buffer.
  func willReadAnswer(_ range: ModelRange) {
    for queue in queues where queue.packed.answers.contains(where: { $0.overlaps(range) }) {
      checkUsedOrder(queue.packed.lastSeenSlot ?? 0, queue)
    }
  }

  private func checkUsedOrder(_ slot: Int, _ queue: ModelQueue) {
    if queue.packed.order == .none {
      violate(.modelOrder1, "what was used in slot \(slot) is read, not ordered after its flags")
    } else if queue.packed.order == .acquired, common.has(.orderPlatform) {
      violate(
        .rfb8, "what was used in slot \(slot) is read without a barrier for devices before it")
    }
  }

  /// The driver has loaded from a descriptor: perhaps it knows now that something was used.
  func didLoad(
    descriptor slot: Int, offset: Int, _ index: Int, _ width: Int, _ value: UInt64, acquiring: Bool
  ) {
    let queue = queues[index]
    let seen = queue.packed.seen
    guard let flags = flags(at: offset, width, value), slot == queue.packedSlot(seen),
      seen < queue.packed.exposed, flags.isUsed(queue.wrap(seen))
    else { return }
    queue.packed.lastSeenSlot = slot
    queue.packed.order = acquiring ? .acquired : .none
    // What the device says is all that the driver can go by.
    let id = UInt16(truncatingIfNeeded: memory.load(queue.packedAddress(slot) &+ 12, 2))
    guard let place = queue.packed.ids.firstIndex(of: id) else {
      queue.packed.isMisled = true
      return
    }
    let ids = common.has(.inOrder) ? Array(queue.packed.ids[...place]) : [id]
    queue.packed.ids.removeAll { ids.contains($0) }
    queue.packed.answers = []
    for id in ids {
      guard let chain = queue.inFlight.removeValue(forKey: id) else { continue }
      queue.packed.seen += chain.slotCount
      queue.packed.answers += chain.writable
      if let resource = chain.filledResource { gpu.didArrive(resource) }
    }
    if queue.packed.seen > queue.packed.used { queue.packed.isMisled = true }
  }

  /// The driver is about to load from the device's event area.
  func willLoad(deviceEvent offset: Int, _ index: Int) {
    if queues[index].packed.unannounced != nil, !queues[index].hasOrderedIndex {
      violate(.packedBar2, "the device's event area is read, not ordered after the flags stored")
    }
  }

  /// The driver has loaded from it: when the device wants to be notified.
  func didLoad(deviceEvent offset: Int, _ index: Int, _ width: Int, _ value: UInt64) {
    if offset == 0 { queues[index].eventSeen = UInt16(truncatingIfNeeded: value) }
    if offset + width == 4 {
      queues[index].flagsSeen = UInt16(truncatingIfNeeded: value >> UInt64(8 * (2 - offset)))
    }
  }
}
