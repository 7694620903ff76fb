import VirtIO

/// Who has to tell whom, and when: of buffers that are available, and of those that were used.
///
/// - Spec: VirtIO 1.4 §2.7.7 "Used Buffer Notification Suppression", §2.7.10 "Available Buffer
///   Notification Suppression", §2.8.10 "Driver and Device Event Suppression"
extension ModelCore {
  /// Whether an index on its way from `old` to `new` passes `event`.
  ///
  /// - Spec: VirtIO 1.4 §2.7.7.2 "Device Requirements: Used Buffer Notification Suppression"
  func crosses(_ event: UInt16, from old: UInt16, to new: UInt16) -> Bool {
    new &- event &- 1 < new &- old
  }

  // MARK: Telling the device

  private func half(_ address: UInt64) -> UInt16 {
    UInt16(truncatingIfNeeded: memory.load(address, 2))
  }

  private func isUnannounced(_ index: Int) -> Bool {
    queues[index].unannounced != nil || queues[index].packed.unannounced != nil
  }

  /// Whether the driver, after what it has read, has to tell the device.
  private func isDue(_ index: Int) -> Bool {
    let queue = queues[index]
    if usesPackedRing { return isPackedDue(queue) }
    guard let old = queue.unannounced else { return false }
    if usesEventIndex {
      let event = queue.eventSeen ?? half(queue.availableEventAddress)
      return crosses(event, from: old, to: queue.availableIndex)
    }
    return (queue.flagsSeen ?? half(queue.usedFlagsAddress)) & 1 == 0
  }

  private func isPackedDue(_ queue: ModelQueue) -> Bool {
    guard let old = queue.packed.unannounced else { return false }
    switch (queue.flagsSeen ?? half(queue.deviceEventAddress &+ 2)) & 3 {
    case 0: return true
    case 1: return false
    default:
      let event = queue.eventSeen ?? half(queue.deviceEventAddress)
      return queue.passes(event, from: old, to: queue.packed.exposed)
    }
  }

  /// The driver notifies: was it asked to?
  func checkRing(_ index: Int) {
    guard isUnannounced(index) else {
      if queues[index].packed.stored.isEmpty {
        violate(.modelKick1, "queue \(index) is notified, and nothing is new there")
      } else {
        violate(
          .packedD3, "queue \(index) is notified of descriptors that are not available or not next")
      }
      return
    }
    checkBasis(index)
    if !isDue(index), configuration.notifications != .stuck {
      violate(
        usesPackedRing ? .packedD14 : usesEventIndex ? .splitKick7 : .splitKick3,
        "queue \(index) is notified although the device asked not to be")
    }
  }

  private func checkBasis(_ index: Int) {
    let queue = queues[index]
    if !usesPackedRing, usesEventIndex, queue.flagsSeen != nil, queue.eventSeen == nil {
      violate(.splitKick5, "used.flags are read to decide about queue \(index), not avail_event")
    }
  }

  /// The driver goes on: has it notified where it was asked to?
  func settle(_ index: Int) {
    guard common.isLive, !common.isBroken, queues[index].isEnabled, isUnannounced(index) else {
      return
    }
    if isDue(index) {
      violate(
        usesPackedRing ? .packedD14 : usesEventIndex ? .splitKick6 : .splitKick4,
        "queue \(index) has buffers that the device was not notified of")
    } else {
      checkBasis(index)
      if configuration.notifications == .stuck { return }
      notice(index)
    }
    forgetAnnouncement(index)
  }

  /// The same for all queues.
  func settleNotifications() {
    for index in queues.indices { settle(index) }
  }

  /// The device hears of all that is available.
  func notice(_ index: Int) {
    queues[index].noticedIndex = queues[index].availableIndex
    queues[index].packed.noticed = queues[index].packed.exposed
  }

  /// The driver owes no notification now.
  func forgetAnnouncement(_ index: Int) {
    queues[index].unannounced = nil
    queues[index].packed.unannounced = nil
  }

  // MARK: What the device asks for

  /// Whether the device looks by itself: it did not ask to hear of all that is new.
  private func looksByItself(_ index: Int) -> Bool {
    configuration.notifications != .always && configuration.notifications != .stuck
      && isUnannounced(index) && !isDue(index)
  }

  /// The device looks into a queue of which it did not ask to be told.
  func lookAround(_ index: Int) {
    if looksByItself(index) { notice(index) }
  }

  /// The device has taken all that it knows of, and says of what it wants to hear next.
  func askForNotifications(_ index: Int, hasTaken: Bool) {
    switch configuration.notifications {
    case .always: ask(index, after: 0)
    case .every(let count): askAgain(index, after: max(1, count) - 1)
    case .late(let polls):
      if hasTaken {
        askNot(index)
        queues[index].askDue = pollCount &+ UInt64(max(0, polls))
      } else if let due = queues[index].askDue, pollCount >= due {
        ask(index, after: 0)
        // What came before the driver could know of that.
        notice(index)
        queues[index].askDue = nil
      }
    case .never: askNot(index)
    case .stuck: break
    }
  }

  /// Asks to hear of the buffer, or slot, that comes after so many others.
  private func ask(_ index: Int, after count: Int) {
    let queue = queues[index]
    if usesPackedRing {
      guard usesEventIndex else {
        if configuration.notifications != .always { memory.store(0, queue.deviceEventAddress, 4) }
        return
      }
      let event = queue.eventWord(queue.packed.taken + min(count, Int(queue.size) - 1))
      memory.store(UInt64(event) | 2 << 16, queue.deviceEventAddress, 4)
    } else if usesEventIndex {
      let event = queue.takenIndex &+ UInt16(truncatingIfNeeded: count)
      memory.store(UInt64(event), queue.availableEventAddress, 2)
    } else if configuration.notifications != .always {
      memory.store(0, queue.usedFlagsAddress, 2)
    }
  }

  /// Asks anew only when what was asked for has come.
  private func askAgain(_ index: Int, after count: Int) {
    let queue = queues[index]
    guard usesEventIndex else { return }
    if usesPackedRing {
      let event = half(queue.deviceEventAddress)
      let hasPassed = queue.passes(
        event, from: queue.packed.taken - Int(queue.size), to: queue.packed.taken)
      let hasAsked = half(queue.deviceEventAddress &+ 2) == 2
      if !hasAsked || hasPassed { ask(index, after: count) }
    } else if queue.takenIndex &- half(queue.availableEventAddress) &- 1 < 0x8000 {
      ask(index, after: count)
    }
  }

  /// Asks not to hear of anything.
  private func askNot(_ index: Int) {
    let queue = queues[index]
    if usesPackedRing {
      memory.store(1 << 16, queue.deviceEventAddress, 4)
    } else if usesEventIndex {
      memory.store(UInt64(queue.takenIndex &- 1), queue.availableEventAddress, 2)
    } else {
      memory.store(1, queue.usedFlagsAddress, 2)
    }
  }

  // MARK: Telling the driver

  /// Interrupts, if the driver asks for it.
  func announceSplit(_ index: Int, from old: UInt16) {
    let queue = queues[index]
    let isWanted =
      usesEventIndex
      ? crosses(half(queue.usedEventAddress), from: old, to: queue.usedIndex)
      : half(queue.addresses[1]) & 1 == 0
    if isWanted { interrupt(vector: queue.vector, status: 1) }
  }

  /// The same for a packed queue.
  func announcePacked(_ index: Int, from old: Int) {
    let queue = queues[index]
    let isWanted: Bool
    switch half(queue.driverEventAddress &+ 2) & 3 {
    case 1: isWanted = false
    case 2 where usesEventIndex:
      isWanted = queue.passes(half(queue.driverEventAddress), from: old, to: queue.packed.used)
    default: isWanted = true
    }
    if isWanted { interrupt(vector: queue.vector, status: 1) }
  }
}
