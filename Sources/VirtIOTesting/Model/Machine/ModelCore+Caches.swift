import VirtIO

/// What a driver asks of the caches. It maintains each single access to a ring, and says exactly which
/// bytes it means: so the model knows of these accesses, in order, as it does where nothing is cached.
extension ModelCore {
  /// Where the driver sees the first byte of memory.
  private var cachedBase: UInt {
    // SAFETY: only the number of the address is used.
    unsafe UInt(bitPattern: memory.caches?.cpu.pointer(to: GuestMemory.start, 0))
  }

  /// The guest's addresses of a range that the driver names by its own; nil if that is not the driver's.
  private func guestRange(_ address: UInt, _ byteCount: Int) -> ModelRange? {
    let range = ModelRange(
      start: GuestMemory.start &+ UInt64(address &- cachedBase),
      byteCount: UInt64(max(0, byteCount)))
    guard allocations.holder(of: range) != nil else {
      violate(.modelMem1, "maintenance of \(byteCount) bytes at \(hexadecimal(range.start))")
      return nil
    }
    return range
  }

  /// The driver asks for something to be done to the lines of a range.
  func maintain(_ kind: CacheOperation.Kind, _ address: UInt, _ byteCount: Int) {
    guard byteCount > 0, let caches = memory.caches, let range = guestRange(address, byteCount)
    else { return }
    // The device may work at any moment, so also between a store and what is asked for it here.
    if caches.isRestless() { poll() }
    let place = byteCount <= 8 ? ringPlace(of: range.start) : nil
    if let place {
      switch kind {
      case .clean:
        let value = caches.cpu.load(range.start, byteCount)
        note(.store(address: range.start, width: byteCount, value: value))
        willStore(place, byteCount, value, releasing: false)
      case .invalidate, .cleanAndInvalidate: willLoad(place, byteCount)
      }
    }
    caches.ask(kind, range, place)
    guard caches.isRestless() else { return }
    performMaintenance()
    caches.evict(from: allocations.pieces.filter(\.isLive).map(\.range))
  }

  /// Does what was asked for and need not have been done yet.
  func performMaintenance() {
    guard let caches = memory.caches else { return }
    let operations = caches.pending
    caches.pending = []
    for operation in operations {
      caches.perform(operation)
      // The queue may be gone by now.
      guard operation.place != nil, let place = ringPlace(of: operation.range.start) else {
        continue
      }
      let (start, width) = (operation.range.start, Int(operation.range.byteCount))
      let value = memory.load(start, width)
      if operation.kind == .clean {
        didStore(place, width, value)
      } else {
        note(.load(address: start, width: width, value: value))
        didLoad(place, width, value, acquiring: false)
      }
    }
  }

  /// The driver waits until all that it has asked for is done.
  func synchronize() {
    performMaintenance()
    fullBarrier()
  }

  /// Where the driver sees a piece of memory.
  func cachedAddress(of range: ModelRange) -> UInt {
    cachedBase &+ UInt(range.start &- GuestMemory.start)
  }

  /// Takes back the piece that starts at an address.
  func release(at address: UInt64) {
    let number = allocations.pieces.lastIndex { $0.isLive && $0.range.start == address }
    release(number ?? -1)
  }
}
