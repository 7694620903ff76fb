extension Virtqueue {
  /// Has the device read a chain's request from elsewhere, from now on: one that is longer than the place that
  /// the chain was laid out for.
  ///
  /// - Parameter segment: All of what is to be read; it stays as it is while the chain is in flight.
  /// - Throws: ``QueueError``, if the device has the chain or the queue is out of service; nothing has changed
  ///   then.
  package mutating func redirect(_ chain: Chain, reading segment: Segment) throws(QueueError) {
    let index = Int(chain.index)
    guard index < capacity, !mode.contains(.broken), records[index].phase == .idle else {
      throw refusal()
    }
    records[index].readableLimit = segment.byteCount
    records[index].readableByteCount = segment.byteCount
    let (address, byteCount) = (segment.address.rawValue, segment.byteCount)
    if records[index].isIndirect {
      store(address, byteCount, at: tableOffset(of: index))
    } else if mode.isSplit {
      store(address, byteCount, at: Self.split.descriptorOffset &+ Descriptor.byteCount &* index)
    } else {
      descriptors[index].first.move(to: segment)
    }
  }

  /// Changes where a descriptor in memory leads; what else it says stays.
  private func store(_ address: UInt64, _ byteCount: UInt32, at offset: Int) {
    region.store64(address, uncheckedAt: offset)
    region.store32(byteCount, uncheckedAt: offset &+ 8)
  }
}
