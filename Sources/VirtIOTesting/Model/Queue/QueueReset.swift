import VirtIO

/// The reset of one queue, while the others live.
///
/// - Spec: VirtIO 1.4 §2.6.1 "Virtqueue Reset"
struct QueueReset {
  /// How many more times queue_reset reads 1.
  var readsLeft: Int
  /// What the device could use of the queue before, until the driver has read that it is done.
  var formerRanges: [ModelRange]
  /// Whether the queue had a vector.
  let hadVector: Bool
  /// The driver has not read 0 yet.
  var isPending = true
}

extension ModelCore {
  /// The driver writes queue_reset.
  func writeQueueReset(_ value: UInt64) {
    guard common.has(.ringReset) else { return }
    guard let index = selected, value == 1, queues[index].isEnabled else {
      violate(
        .modelQueue1,
        "queue_reset of queue \(common.queueSelect) is written \(value), which cannot be reset")
      return
    }
    settle(index)
    let queue = queues[index]
    let reset = QueueReset(
      readsLeft: max(0, configuration.queueResetReadCount),
      formerRanges: queue.areas + queue.inFlight.values.flatMap(\.ranges),
      hadVector: queue.vector != MSIXState.noVector)
    renew(index)
    queues[index].reset = reset
  }

  /// The driver reads queue_reset.
  func readQueueReset(_ index: Int) -> UInt64 {
    guard let reset = queues[index].reset, reset.isPending else { return 0 }
    guard reset.readsLeft == 0 else {
      queues[index].reset?.readsLeft -= 1
      return 1
    }
    queues[index].reset?.isPending = false
    queues[index].reset?.formerRanges = []
    return 0
  }
}
