import VirtIO

/// Notifications: when, where and how the driver rings.
///
/// - Spec: VirtIO 1.4 §4.1.5.2 "Available Buffer Notifications"
extension ModelCore {
  /// The driver writes to the notification structure.
  func notify(_ offset: Int, _ width: Int, _ value: UInt64) {
    guard width == 2 else {
      violate(.pciNotify1, "a notification is written by \(width) bytes")
      return
    }
    closeConfiguration(for: "a notification", givesUp: false)
    let multiplier = Int(configuration.notifyMultiplier)
    let named = Int(value)
    let places = queues.indices.filter { $0 * multiplier == offset && queues[$0].maximumSize > 0 }
    guard let first = places.first else {
      violate(.pciNotifyD1, "a notification is written at \(offset), where no queue is notified")
      return
    }
    guard places.contains(named) else {
      violate(.pciNotify3, "a notification of queue \(first) writes \(value)")
      return
    }
    ring(named)
  }

  private func ring(_ index: Int) {
    queues[index].notificationCount += 1
    guard common.isLive else {
      violate(.init16, "queue \(index) is notified before DRIVER_OK")
      return
    }
    guard queues[index].isEnabled else {
      violate(.pciCom8, "queue \(index) is notified, which is not enabled")
      return
    }
    checkRing(index)
    queues[index].unannounced = nil
    queues[index].noticedIndex = queues[index].availableIndex
    if queues[index].hasLostCount { breakDevice() }
    work()
  }
}
