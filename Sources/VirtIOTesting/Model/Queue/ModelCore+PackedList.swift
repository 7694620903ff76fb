import VirtIO

/// The walk along a list in a packed ring, with the rules for descriptors.
///
/// - Spec: VirtIO 1.4 §2.8.5 "Scatter-Gather Support", §2.8.6 "Next Flag: Descriptor Chaining", §2.8.7
///   "Indirect Flag: Scatter-Gather Support"
extension ModelCore {
  private struct Descriptor {
    let range: ModelRange
    let id: UInt16
    let flags: PackedFlags
  }

  private func descriptor(_ table: UInt64, _ index: Int) -> Descriptor {
    let place = table &+ UInt64(index) &* 16
    return Descriptor(
      range: ModelRange(start: memory.load(place, 8), byteCount: memory.load(place &+ 8, 4)),
      id: UInt16(truncatingIfNeeded: memory.load(place &+ 12, 2)),
      flags: PackedFlags(rawValue: UInt16(truncatingIfNeeded: memory.load(place &+ 14, 2))))
  }

  /// Follows the list whose first descriptor is at a position, and judges it.
  func walkList(at start: Int, _ queue: ModelQueue) -> ModelChain {
    var chain = ModelChain(head: 0)
    while true {
      guard chain.slotCount < Int(queue.size) else {
        violate(.packedSg3, "the list at slot \(queue.packedSlot(start)) goes round the ring")
        chain.isUsable = false
        break
      }
      let position = start + chain.slotCount
      let slot = queue.packedSlot(position)
      let current = descriptor(queue.addresses[0], slot)
      guard chain.slotCount == 0 || isMember(current, at: position, of: &chain, queue) else {
        break
      }
      chain.slotCount += 1
      chain.head = current.id
      if !current.flags.isSubset(of: .defined) {
        violate(.packedD16, "slot \(slot) has flags \(current.flags.rawValue)")
      }
      if current.flags.contains(.indirect) {
        take(indirect: current, to: &chain, queue)
      } else {
        take(current, to: &chain)
      }
      guard current.flags.contains(.next) else { break }
    }
    if chain.isUsable, let limit = configuration.listLimit, chain.slotCount > limit {
      violate(.packedSg1, "a list of \(chain.slotCount) on a device that takes \(limit)")
    }
    remember(&chain)
    return chain
  }

  private func take(_ descriptor: Descriptor, to chain: inout ModelChain) {
    take(
      descriptor.range, isWritable: descriptor.flags.contains(.write), to: &chain,
      order: .packedSg4)
  }

  /// Whether the descriptor to which a list leads is one of it.
  private func isMember(
    _ descriptor: Descriptor, at position: Int, of chain: inout ModelChain, _ queue: ModelQueue
  ) -> Bool {
    let slot = queue.packedSlot(position)
    if position - queue.packed.seen >= Int(queue.size) {
      let isStored = queue.packed.stored[slot] != nil
      violate(
        isStored ? .packedSg6 : .packedSg5,
        "the list goes on in slot \(slot), which the device has not given back")
    } else if descriptor.flags.contains(.available) != queue.wrap(position) {
      violate(.packedSg7, "slot \(slot) is not available, but the first of its list is")
    } else {
      if descriptor.flags.contains(.used) == queue.wrap(position) {
        violate(.packedD9, "slot \(slot) in a list is marked as used")
      }
      return true
    }
    chain.isUsable = false
    return false
  }

  private func take(
    indirect descriptor: Descriptor, to chain: inout ModelChain, _ queue: ModelQueue
  ) {
    guard common.has(.indirectDescriptors) else {
      violate(.packedInd1, "buffer \(chain.head) has an indirect table without the feature")
      chain.isUsable = false
      return
    }
    if descriptor.flags.contains(.next) || chain.slotCount > 1 {
      violate(.packedInd4, "buffer \(chain.head) is a list with an indirect table in it")
      chain.isUsable = false
      return
    }
    guard takeTable(descriptor.range, to: &chain, lengthRule: .packedD11) else { return }
    let count = Int(descriptor.range.byteCount / 16)
    if count > Int(queue.size) {
      violate(.packedSg2, "the table of buffer \(chain.head) has \(count) entries")
      chain.isUsable = false
      return
    }
    if let limit = configuration.listLimit, count > limit {
      violate(.packedInd3, "a table of \(count) entries on a device that takes \(limit)")
    }
    for index in 0..<count {
      let entry = self.descriptor(descriptor.range.start, index)
      // D-PACKED-D-5: the device ignores them, but none of them belongs there.
      if !entry.flags.isSubset(of: .write) {
        violate(
          .packedInd2, "entry \(index) of buffer \(chain.head) has flags \(entry.flags.rawValue)")
      }
      take(entry, to: &chain)
    }
  }
}
