/// The batches that the device has, oldest first: where each ends.
///
/// A batch is what one ``Virtqueue/publish()`` shows. With it, an interrupt can be asked for at the end
/// of a batch, rather than for each chain of it.
struct BatchLog<let capacity: Int>: Sendable {
  struct Batch: Sendable {
    /// How many chains were published up to its end.
    var end: UInt16 = 0
    /// The last place of it, as an event names places.
    var event: UInt16 = 0
  }

  private var batches = FixedArray<capacity, Batch>(repeating: Batch())
  private var first = 0
  private var count = 0
  /// The event that the device was last told.
  var armedEvent: UInt16?

  init() {}

  /// Adds a batch of at least one chain. Those that are over have been dropped, so there is room.
  mutating func append(_ batch: Batch) {
    var place = first &+ count
    if place >= capacity { place &-= capacity }
    batches[place] = batch
    count &+= 1
  }

  /// The oldest batch that is not over, when so many chains were published and given back. Those that
  /// are over are dropped.
  mutating func oldest(publishedCount: UInt16, completedCount: UInt16) -> Batch? {
    while count > 0 {
      let batch = batches[first]
      if batch.end &- completedCount &- 1 < publishedCount &- completedCount { return batch }
      first = first &+ 1 == capacity ? 0 : first &+ 1
      count &-= 1
    }
    return nil
  }

  mutating func clear() {
    count = 0
    armedEvent = nil
  }
}
