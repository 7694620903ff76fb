/// A virtqueue as the device has it, and what it has seen of the driver's use of it.
///
/// What only one of the two layouts has is apart: here that of the split one, in ``PackedRing`` that of
/// the packed one. Which of them counts is agreed for the whole device, with VIRTIO_F_RING_PACKED.
///
/// - Spec: VirtIO 1.4 §2.7 "Split Virtqueues", §2.8 "Packed Virtqueues"
final class ModelQueue {
  let index: UInt16
  let maximumSize: UInt16
  var size: UInt16
  /// Where the descriptor table, the available ring and the used ring are; of a packed queue, the
  /// descriptor ring and the event areas of driver and device.
  var addresses: [UInt64] = [0, 0, 0]
  /// Which halves of those addresses were written.
  var halvesWritten: Set<Int> = []
  var isEnabled = false
  var vector = MSIXState.noVector
  /// The memory of those three, once the queue is enabled.
  var areas: [ModelRange] = []
  var notificationCount = 0
  /// The reset of the queue alone, if the driver has asked for it since the last one of the device.
  var reset: QueueReset?
  /// The queue's ring, if it is packed.
  var packed = PackedRing()

  // MARK: Both layouts

  /// Entries were stored that nothing orders before the index yet.
  var hasUnorderedEntries = false
  /// Something orders the index before what is loaded next.
  var hasOrderedIndex = true
  /// What the driver has read since it made something available, to decide whether to tell.
  var flagsSeen: UInt16?
  var eventSeen: UInt16?
  /// The buffers in the device's hands, by what names them when they are given back.
  var inFlight: [UInt16: ModelChain] = [:]
  var pending: [ModelRequest] = []
  /// At which poll the device says that it wants to hear of more; nil if it has said so.
  var askDue: UInt64?

  // MARK: Available

  /// The available index as the driver stored it last.
  var availableIndex: UInt16 = 0
  /// How far the device may look, as it was told.
  var noticedIndex: UInt16 = 0
  /// How far it has looked.
  var takenIndex: UInt16 = 0
  /// For each slot, whether it was stored to since the index last covered it.
  var storedSlots: [Bool] = []
  /// Slots that the index covered before they were stored to.
  var lateSlots: Set<Int> = []
  /// The available index before what the device was not told of; nil if it was told of all.
  var unannounced: UInt16?
  /// The available index made no sense, so nobody knows what is in the ring.
  var hasLostCount = false

  // MARK: Used

  var usedIndex: UInt16 = 0
  /// The used index as the driver loaded it last, and as far as it may read elements.
  var usedSeen: UInt16 = 0
  var usedSeenInOrder: UInt16 = 0
  /// The same, but only as far as a barrier for devices has ordered it.
  var usedSeenBehindBarrier: UInt16 = 0
  /// The used index of the element that the driver reads next.
  var elementCursor: UInt16 = 0
  /// What was given back that the driver cannot know of yet: the used index behind it, and its heads.
  var unseen: [(index: UInt16, heads: [UInt16])] = []

  init(index: UInt16, maximumSize: UInt16) {
    self.index = index
    self.maximumSize = maximumSize
    // D-PCI-COM-16: until a packed ring is agreed, a power of two.
    size = maximumSize == 0 ? 0 : 1 << UInt16(15 - maximumSize.leadingZeroBitCount)
  }

  /// The same queue as it was before the driver knew it.
  func anew() -> ModelQueue {
    let queue = ModelQueue(index: index, maximumSize: maximumSize)
    queue.notificationCount = notificationCount
    return queue
  }

  /// The slot of an index in its ring.
  func slot(of index: UInt16) -> Int { size == 0 ? 0 : Int(index % size) }

  // MARK: Places

  /// Which of the three areas an address lies in.
  func area(of address: UInt64) -> Int? {
    for area in 0..<areas.count where address >= areas[area].start {
      if address &- areas[area].start < areas[area].byteCount { return area }
    }
    return nil
  }

  var availableIndexAddress: UInt64 { addresses[1] &+ 2 }
  func availableSlotAddress(_ slot: Int) -> UInt64 { addresses[1] &+ 4 &+ 2 &* UInt64(slot) }
  var usedEventAddress: UInt64 { availableSlotAddress(Int(size)) }
  var usedFlagsAddress: UInt64 { addresses[2] }
  var usedIndexAddress: UInt64 { addresses[2] &+ 2 }
  func usedSlotAddress(_ slot: Int) -> UInt64 { addresses[2] &+ 4 &+ 8 &* UInt64(slot) }
  var availableEventAddress: UInt64 { usedSlotAddress(Int(size)) }
}
