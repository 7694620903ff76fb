extension ModelCore {
  // MARK: Allocation

  /// Takes memory for the driver.
  func allocate(byteCount: Int, alignment: Int) -> (number: Int, range: ModelRange)? {
    let number = allocations.take(byteCount: byteCount, alignment: alignment)
    note(.allocation(byteCount: byteCount, succeeded: number != nil))
    guard let number else { return nil }
    let range = allocations.pieces[number].range
    // Memory that was never handed out before is zero already.
    let isReused = allocations.pieces[..<number].contains { $0.range.overlaps(range) }
    if let caches = memory.caches {
      caches.hand(out: range)
    } else if isReused {
      memory.fill(0, at: range.start, Int(range.byteCount))
    }
    return (number, range)
  }

  /// Takes memory back from the driver.
  func release(_ number: Int) {
    guard allocations.release(number) else {
      violate(.modelMem3, "allocation \(number) is freed, which the driver does not have")
      return
    }
    // What the driver stored comes before what its next owner does.
    performMaintenance()
    let range = allocations.pieces[number].range
    note(.release(address: range.start))
    checkRelease(of: range)
    memory.fill(ModelAllocations.poison, at: range.start, Int(range.byteCount))
    memory.caches?.take(back: range)
  }

  /// Whether the device can still reach memory that is freed.
  private func checkRelease(of range: ModelRange) {
    let place = "\(range.byteCount) bytes at \(hexadecimal(range.start))"
    if common.isResetPending {
      if common.formerRanges.contains(where: { $0.overlaps(range) }) {
        violate(.reset1, "\(place) are freed before the status read 0 after a reset")
      }
      return
    }
    for queue in queues {
      if let reset = queue.reset, reset.formerRanges.contains(where: { $0.overlaps(range) }) {
        violate(.vqrst1, "\(place) are freed before the reset of queue \(queue.index) read as done")
      }
    }
    if let use = use(of: range) { violate(.clean2, "\(place) are freed, still \(use)") }
  }

  /// What the device may still do with memory; nil if nothing.
  func use(of range: ModelRange) -> String? {
    for queue in queues where queue.isEnabled {
      if queue.areas.contains(where: { $0.overlaps(range) }) { return "rings of \(queue.index)" }
      if queue.inFlight.values.contains(where: { $0.overlaps(range) }) {
        return "in flight in queue \(queue.index)"
      }
    }
    for (id, resource) in gpu.resources where resource.backing.contains(where: range.overlaps) {
      return "backing of resource \(id)"
    }
    return nil
  }

  /// All memory that the device may use.
  var usedRanges: [ModelRange] {
    queues.filter(\.isEnabled).flatMap { queue in
      queue.areas + queue.inFlight.values.flatMap(\.ranges)
    } + gpu.resources.values.flatMap(\.backing)
  }

  /// Whether freed memory was written by someone who has a pointer to it.
  func checkPoison() {
    for (number, piece) in allocations.pieces.enumerated() where !piece.isLive {
      // Pieces that were handed out again are somebody else's.
      let isReused = allocations.pieces[(number + 1)...].contains {
        $0.range.overlaps(piece.range)
      }
      guard !isReused else { continue }
      let isIntact = memory.isFilled(
        with: ModelAllocations.poison, at: piece.range.start, Int(piece.range.byteCount))
      if !isIntact || memory.caches?.isDirty(piece.range) == true {
        violate(.modelMem2, "memory at \(hexadecimal(piece.range.start)) was written after free")
      }
    }
  }

  // MARK: Loads, stores, barriers

  /// Where an access of the driver goes; nil if it goes wrong.
  private func address(_ number: Int, _ offset: Int, _ width: Int) -> UInt64? {
    guard allocations.pieces.indices.contains(number) else { return nil }
    let piece = allocations.pieces[number]
    guard offset >= 0, offset & (width - 1) == 0, offset <= Int(piece.range.byteCount) - width
    else {
      violate(
        .modelMem1,
        "access of \(width) bytes at \(offset) of a region of \(piece.range.byteCount)")
      return nil
    }
    guard piece.isLive else {
      violate(.modelMem2, "access to freed memory at \(hexadecimal(piece.range.start))")
      return nil
    }
    return piece.range.start &+ UInt64(offset)
  }

  /// The driver loads from memory that it shares.
  func load(_ number: Int, _ offset: Int, _ width: Int, acquiring: Bool) -> UInt64 {
    guard let address = address(number, offset, width) else { return 0 }
    let place = ringPlace(of: address)
    if let place { willLoad(place, width) }
    let value = memory.load(address, width)
    note(.load(address: address, width: width, value: value))
    if let place { didLoad(place, width, value, acquiring: acquiring) }
    return value
  }

  /// The driver stores to memory that it shares.
  func store(_ value: UInt64, _ number: Int, _ offset: Int, _ width: Int, releasing: Bool) {
    guard let address = address(number, offset, width) else { return }
    note(.store(address: address, width: width, value: value))
    if let place = ringPlace(of: address) {
      willStore(place, width, value, releasing: releasing)
      memory.store(value, address, width)
      didStore(place, width, value)
      return
    }
    let range = ModelRange(start: address, byteCount: UInt64(width))
    for queue in queues where queue.isEnabled {
      if queue.inFlight.values.contains(where: { $0.overlaps(range) }) {
        violate(.design7, "store to \(hexadecimal(address)), in flight in queue \(queue.index)")
      }
    }
    memory.store(value, address, width)
  }

  /// The driver orders its accesses.
  func fullBarrier() {
    note(.barrier)
    for index in queues.indices {
      queues[index].hasUnorderedEntries = false
      queues[index].hasOrderedIndex = true
      queues[index].usedSeenInOrder = queues[index].usedSeen
      queues[index].usedSeenBehindBarrier = queues[index].usedSeen
      queues[index].packed.order = .behindBarrier
    }
  }
}

/// A number as the specification writes addresses.
func hexadecimal(_ value: UInt64) -> String { "0x" + String(value, radix: 16) }
