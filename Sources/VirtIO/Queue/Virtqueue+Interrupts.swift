// With an event index an interrupt is asked for by its place on the ring: the end of the oldest batch
// that the device has. So a batch costs one interrupt at most. Who has been told that nothing is left is
// told when that is over.
extension Virtqueue {
  /// Asks the device not to interrupt for used buffers, or to do so again. It is a hint: an interrupt
  /// for which there is nothing new may come at any time.
  ///
  /// When it may again, there is to be a look for what it has used without a word: that comes after
  /// the device can see that it may.
  ///
  /// - Spec: VirtIO 1.4 §2.7.7 "Used Buffer Notification Suppression", §2.8.10 "Driver and Device Event
  ///   Suppression"
  public mutating func suppressInterrupts(_ suppressed: Bool) {
    batches.clear()
    let byIndex = mode.contains(.eventIndex)
    if suppressed { mode.insert(.silent) } else { mode.remove(.silent) }
    if byIndex, !suppressed { mode.insert(.armsEvents) } else { mode.remove(.armsEvents) }
    if mode.contains(.packed) {
      if byIndex, !suppressed { arm(cursor.used) }
      // 0 is always, 1 never, 2 as the place says, which is to be seen first.
      let flags: UInt16 = suppressed ? 1 : byIndex ? 2 : 0
      region.storeReleasing16(flags, uncheckedAt: Self.packed.driverEventOffset &+ 2)
    } else if byIndex {
      // A place that was passed just now comes round again after 65,535 others.
      arm(suppressed ? completedCount &- 1 : completedCount)
    } else {
      region.store16(suppressed ? 1 : 0, uncheckedAt: Self.split.availableFlagsOffset)
    }
    if !suppressed { region.fullBarrier() }
  }

  /// Tells the device at which place to interrupt.
  private mutating func arm(_ event: UInt16) {
    batches.armedEvent = event
    region.store16(
      event,
      uncheckedAt: mode.contains(.packed)
        ? Self.packed.driverEventOffset : Self.split.usedEventOffset(size: size))
  }

  /// Notes a batch that is about to be published. If the device has nothing else, it is to interrupt at
  /// the end of this one; that it will see before the batch.
  @inline(never)
  mutating func beginBatch(event: UInt16) {
    guard enqueuedCount != publishedCount else { return }
    let isAlone = publishedCount == completedCount
    _ = batches.oldest(publishedCount: publishedCount, completedCount: completedCount)
    batches.append(BatchLog.Batch(end: enqueuedCount, event: event))
    if isAlone { arm(event) }
  }

  /// Asks for an interrupt at the end of the oldest batch, if that was not done before.
  ///
  /// - Returns: Whether it was done now, so that another look is needed.
  @inline(never)
  mutating func armEvent() -> Bool {
    guard publishedCount != completedCount else { return false }
    let next = mode.contains(.packed) ? cursor.used : completedCount
    let batch = batches.oldest(publishedCount: publishedCount, completedCount: completedCount)
    let event = batch?.event ?? next
    guard event != batches.armedEvent else { return false }
    arm(event)
    region.fullBarrier()
    return true
  }
}
