extension Virtqueue {
  /// Has the device read a chain's request from elsewhere, and write its response elsewhere, from now on: what
  /// is longer than the places that the chain was laid out for.
  ///
  /// - Parameters:
  ///   - readable: All of what is to be read; it stays as it is while the chain is in flight.
  ///   - writable: Where the response goes; nil for where it goes already.
  /// - Throws: ``QueueError``, if the device has the chain or the queue is out of service; nothing has changed
  ///   then.
  package mutating func redirect(
    _ chain: Chain, reading readable: Segment, writing writable: Segment? = nil
  ) throws(QueueError) {
    let index = Int(chain.index)
    guard index < capacity, !mode.contains(.broken), records[index].phase == .idle else {
      throw refusal()
    }
    records[index].readableLimit = readable.byteCount
    records[index].readableByteCount = readable.byteCount
    move(to: readable, of: index, isFirst: true)
    guard let writable else { return }
    records[index].writableByteCount = writable.byteCount
    move(to: writable, of: index, isFirst: false)
  }

  /// Changes where a descriptor leads; what else it says stays.
  private mutating func move(to segment: Segment, of index: Int, isFirst: Bool) {
    var offset: Int?
    if records[index].isIndirect {
      offset = tableOffset(of: index) &+ (isFirst ? 0 : Descriptor.byteCount)
    } else if mode.isSplit {
      // Where the second lies, the first said when it was laid out.
      let place = isFirst ? index : descriptors[index].tail
      offset = Self.split.descriptorOffset &+ Descriptor.byteCount &* place
    }
    if let offset {
      region.store64(segment.address.rawValue, uncheckedAt: offset)
      region.store32(segment.byteCount, uncheckedAt: offset &+ 8)
    }
    if records[index].isIndirect { return }
    if isFirst {
      descriptors[index].first.move(to: segment)
    } else {
      descriptors[index].second.move(to: segment)
    }
  }
}
