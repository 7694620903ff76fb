/// A virtqueue as the device has it, and what it has seen of the driver's use of it.
///
/// The layout is the split one. A packed queue would bring state and rules of its own, and be told
/// apart where memory is recognised as that of a ring: in ``ModelCore/ringPlace(of:)``.
///
/// - Spec: VirtIO 1.4 §2.7 "Split Virtqueues"
final class ModelQueue {
  let index: UInt16
  let maximumSize: UInt16
  var size: UInt16
  /// Where the descriptor table, the available ring and the used ring are.
  var addresses: [UInt64] = [0, 0, 0]
  /// Which halves of those addresses were written.
  var halvesWritten: Set<Int> = []
  var isEnabled = false
  var vector = MSIXState.noVector
  /// The memory of those three, once the queue is enabled.
  var areas: [ModelRange] = []
  var notificationCount = 0

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
  /// Entries were stored that nothing orders before the index yet.
  var hasUnorderedEntries = false
  /// Something orders the index before what is loaded next.
  var hasOrderedIndex = true
  /// The available index before what the device was not told of; nil if it was told of all.
  var unannounced: UInt16?
  /// What the driver has read since, to decide whether to tell.
  var flagsSeen: UInt16?
  var eventSeen: UInt16?
  var inFlight: [UInt16: ModelChain] = [:]
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
  /// What was given back that the driver cannot know of yet: the used index behind it, and its head.
  var unseen: [(index: UInt16, head: UInt16)] = []
  var pending: [ModelRequest] = []

  init(index: UInt16, maximumSize: UInt16) {
    self.index = index
    self.maximumSize = maximumSize
    size = maximumSize
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

  static func byteCounts(_ size: UInt16) -> [UInt64] {
    [UInt64(size) * 16, 6 + UInt64(size) * 2, 6 + UInt64(size) * 8]
  }
  var availableIndexAddress: UInt64 { addresses[1] &+ 2 }
  func availableSlotAddress(_ slot: Int) -> UInt64 { addresses[1] &+ 4 &+ 2 &* UInt64(slot) }
  var usedEventAddress: UInt64 { availableSlotAddress(Int(size)) }
  var usedFlagsAddress: UInt64 { addresses[2] }
  var usedIndexAddress: UInt64 { addresses[2] &+ 2 }
  func usedSlotAddress(_ slot: Int) -> UInt64 { addresses[2] &+ 4 &+ 8 &* UInt64(slot) }
  var availableEventAddress: UInt64 { usedSlotAddress(Int(size)) }
}

/// What a byte of a ring is.
struct RingPlace {
  enum Part: Equatable {
    case descriptor(Int)
    case availableFlags
    case availableIndex
    case availableSlot(Int)
    case usedEvent
    case usedFlags
    case usedIndex
    case usedElement(Int, isID: Bool)
    case availableEvent
  }

  let queue: Int
  let part: Part
}

extension ModelCore {
  /// What an address is in the rings of the device; nil if it is in none.
  func ringPlace(of address: UInt64) -> RingPlace? {
    for index in queues.indices where queues[index].isEnabled {
      let queue = queues[index]
      guard let area = queue.area(of: address) else { continue }
      let offset = Int(address &- queue.areas[area].start)
      let part: RingPlace.Part
      switch area {
      case 0: part = .descriptor(offset / 16)
      case 1:
        switch offset {
        case 0...1: part = .availableFlags
        case 2...3: part = .availableIndex
        default:
          let slot = (offset - 4) / 2
          part = slot < Int(queue.size) ? .availableSlot(slot) : .usedEvent
        }
      default:
        switch offset {
        case 0...1: part = .usedFlags
        case 2...3: part = .usedIndex
        default:
          let slot = (offset - 4) / 8
          part =
            slot < Int(queue.size)
            ? .usedElement(slot, isID: (offset - 4) % 8 < 4) : .availableEvent
        }
      }
      return RingPlace(queue: index, part: part)
    }
    return nil
  }

  /// The driver enables a queue that it has programmed.
  func enableQueue(_ index: Int) {
    let queue = queues[index]
    guard queue.halvesWritten.isSuperset(of: [0x20, 0x24, 0x28, 0x2c, 0x30, 0x34]) else {
      violate(.pciCom8, "queue \(index) is enabled before all its addresses were written")
      return
    }
    let names = ["descriptor table", "available ring", "used ring"]
    var areas: [ModelRange] = []
    for (area, byteCount) in ModelQueue.byteCounts(queue.size).enumerated() {
      let range = ModelRange(start: queue.addresses[area], byteCount: byteCount)
      guard memory.contains(range.start, Int(byteCount)) else {
        violate(.rfb5, "the \(names[area]) of queue \(index) is at \(hexadecimal(range.start))")
        return
      }
      if allocations.holder(of: range) == nil {
        violate(.splitD2, "the \(names[area]) of queue \(index) is not in one piece of memory")
      }
      areas.append(range)
    }
    if memory.load(queue.usedFlagsAddress, 2) != 0 {
      violate(.splitKick1, "used.flags of queue \(index) are not 0 when it is enabled")
    }
    if memory.load(queue.availableIndexAddress, 2) != 0 {
      violate(.splitD5, "the available index of queue \(index) is not 0 when it is enabled")
    }
    if memory.load(queue.usedIndexAddress, 2) != 0 {
      violate(.pciVqD1, "the used index of queue \(index) is not 0 when it is enabled")
    }
    queues[index].areas = areas
    queues[index].storedSlots = Array(repeating: false, count: Int(queue.size))
    queues[index].isEnabled = true
  }
}
