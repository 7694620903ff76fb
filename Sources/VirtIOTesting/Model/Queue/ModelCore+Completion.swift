import VirtIO

/// How the device gives buffers back.
///
/// - Spec: VirtIO 1.4 §2.7.8 "The Virtqueue Used Ring", §2.7.9 "In-order use of descriptors", §2.8.3
///   "Packed Virtqueues"
extension ModelCore {
  /// A buffer that waits to be overtaken gives up after so many polls.
  private static var patience: UInt64 { 64 }

  /// Gives back all that is done, and tells the driver if it asks for that.
  func giveBack(_ index: Int) {
    let old = (index: queues[index].usedIndex, position: queues[index].packed.used)
    var batch: [ModelRequest] = []
    while !common.isBroken, let position = nextDone(queues[index]) {
      let request = queues[index].pending.remove(at: position)
      respond(to: request, index)
      // Those before it have been overtaken now.
      for other in queues[index].pending.indices.prefix(position) {
        queues[index].pending[other].isOvertaken = false
      }
      if let last = batch.last, !isSkippable(last) { writeUsed(&batch, index) }
      batch.append(request)
      if !(configuration.givesBackInBatches && common.has(.inOrder)) { writeUsed(&batch, index) }
    }
    if !batch.isEmpty { writeUsed(&batch, index) }
    if usesPackedRing {
      if queues[index].packed.used != old.position { announcePacked(index, from: old.position) }
    } else if queues[index].usedIndex != old.index {
      announceSplit(index, from: old.index)
    }
  }

  /// Which request is given back next; nil if none is done.
  private func nextDone(_ queue: ModelQueue) -> Int? {
    for position in queue.pending.indices {
      let request = queue.pending[position]
      let mayWait = request.isOvertaken && (request.breaksOrder || !common.has(.inOrder))
      let waits = mayWait && pollCount &- request.due < Self.patience
      if request.due <= pollCount, !request.isDropped, !waits { return position }
      // D-RFB-5: in order, nobody overtakes, unless a fault has it.
      if common.has(.inOrder), !request.breaksOrder { return nil }
    }
    return nil
  }

  /// Whether a driver that is told only of a later one knows how long the answer is: all there was room for.
  private func isSkippable(_ request: ModelRequest) -> Bool {
    Int(request.byteCount) == request.chain.capacity && request.id == UInt32(request.chain.head)
      && !request.isDuplicated && !request.isOfOtherLap
  }

  private func respond(to request: ModelRequest, _ index: Int) {
    checkIntact(request.chain, index)
    for source in request.sources
    where memory.fingerprint(of: source.range.start, Int(source.range.byteCount))
      != source.fingerprint
    {
      violate(
        .design7, "pixels at \(hexadecimal(source.range.start)) were changed during their transfer")
    }
    var rest = request.response[...]
    for range in request.chain.writable {
      let part = rest.prefix(Int(range.byteCount))
      memory.write(Array(part), at: range.start)
      rest = rest.dropFirst(part.count)
    }
  }

  /// Says that requests were used: by one entry, that of the last.
  private func writeUsed(_ batch: inout [ModelRequest], _ index: Int) {
    guard let last = batch.last else { return }
    for _ in 0..<(last.isDuplicated ? 2 : 1) {
      if usesPackedRing {
        writePackedUsed(last, queues[index], slotCount: batch.reduce(0) { $0 + $1.chain.slotCount })
      } else {
        writeSplitUsed(last, queues[index], count: UInt16(batch.count))
      }
      note(.used(queue: UInt16(index), id: last.id, byteCount: last.byteCount))
    }
    if !usesPackedRing {
      memory.store(UInt64(queues[index].usedIndex), queues[index].usedIndexAddress, 2)
      queues[index].unseen.append((queues[index].usedIndex, batch.map(\.chain.head)))
    }
    batch = []
  }

  private func writeSplitUsed(_ request: ModelRequest, _ queue: ModelQueue, count: UInt16) {
    let address = queue.usedSlotAddress(queue.slot(of: queue.usedIndex))
    memory.store(UInt64(request.id), address, 4)
    memory.store(UInt64(request.byteCount), address &+ 4, 4)
    queue.usedIndex &+= count
  }

  /// - Spec: VirtIO 1.4 §2.8.4 "Write Flag": the length counts only with it
  private func writePackedUsed(_ request: ModelRequest, _ queue: ModelQueue, slotCount: Int) {
    let address = queue.packedAddress(queue.packedSlot(queue.packed.used))
    var flags: PackedFlags = request.byteCount > 0 ? .write : []
    if queue.wrap(queue.packed.used) != request.isOfOtherLap {
      flags.formUnion([.available, .used])
    }
    memory.store(UInt64(request.byteCount), address &+ 8, 4)
    memory.store(UInt64(request.id & 0xffff), address &+ 12, 2)
    memory.store(UInt64(flags.rawValue), address &+ 14, 2)
    queue.packed.used += slotCount
  }

  // MARK: Faults of the ring

  /// Moves the used index, or the place where the device writes what it has used, without a reason.
  func moveUsedIndex(of index: Int, by count: UInt16) {
    guard queues.indices.contains(index), queues[index].isEnabled else { return }
    if usesPackedRing {
      queues[index].packed.used += Int(count)
      return
    }
    queues[index].usedIndex &+= count
    memory.store(UInt64(queues[index].usedIndex), queues[index].usedIndexAddress, 2)
  }

  /// Says when a notification is wanted.
  func askForEvent(_ event: UInt16, of index: Int) {
    guard queues.indices.contains(index), queues[index].isEnabled, usesEventIndex else { return }
    if usesPackedRing {
      memory.store(UInt64(event) | 2 << 16, queues[index].deviceEventAddress, 4)
    } else {
      memory.store(UInt64(event), queues[index].availableEventAddress, 2)
    }
  }

  /// Says whether notifications are wanted.
  func suppressNotifications(_ suppressed: Bool, of index: Int) {
    guard queues[index].isEnabled, usesPackedRing || !usesEventIndex else { return }
    let address =
      usesPackedRing ? queues[index].deviceEventAddress &+ 2 : queues[index].usedFlagsAddress
    memory.store(suppressed ? 1 : 0, address, 2)
  }
}
