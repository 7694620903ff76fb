import VirtIO

/// Notifications: when, where and how the driver rings.
///
/// - Spec: VirtIO 1.4 §4.1.5.2 "Available Buffer Notifications"
extension ModelCore {
  /// The driver writes to the notification structure.
  func notify(_ offset: Int, _ width: Int, _ value: UInt64) {
    let carriesData = common.has(.notificationData)
    guard width == (carriesData ? 4 : 2) else {
      violate(
        carriesData ? .pciNotify2 : .pciNotify1, "a notification is written by \(width) bytes")
      return
    }
    closeConfiguration(for: "a notification", givesUp: false)
    let multiplier = Int(configuration.notifyMultiplier)
    let name = UInt16(truncatingIfNeeded: value)
    let places = queues.indices.filter { $0 * multiplier == offset && queues[$0].maximumSize > 0 }
    guard let first = places.first else {
      violate(.pciNotifyD1, "a notification is written at \(offset), where no queue is notified")
      return
    }
    guard let named = places.first(where: { notifiedName(of: $0) == name }) else {
      violate(nameRule, "a notification of queue \(first) writes \(value)")
      return
    }
    if carriesData { checkPosition(UInt16(truncatingIfNeeded: value >> 16), named) }
    ring(named)
  }

  /// What names a queue in its notifications.
  func notifiedName(of index: Int?) -> UInt16 {
    guard let index else { return 0 }
    let names = configuration.notificationNames
    return common.has(.notificationConfigData) && names.indices.contains(index)
      ? names[index] : UInt16(truncatingIfNeeded: index)
  }

  private var nameRule: ModelRule {
    switch (common.has(.notificationData), common.has(.notificationConfigData)) {
    case (false, false): .pciNotify3
    case (true, false): .pciNotify4
    case (false, true): .pciNotify5
    case (true, true): .pciNotify6
    }
  }

  /// Whether a notification says truly how far the driver has come.
  private func checkPosition(_ position: UInt16, _ index: Int) {
    let queue = queues[index]
    let detail = "a notification of queue \(index) is for position \(position)"
    if !usesPackedRing {
      if position != queue.availableIndex { violate(.notifD1, detail) }
      return
    }
    let expected = queue.eventWord(queue.packed.exposed)
    if (position ^ expected) & 0x7fff != 0 { violate(.packedDesc3, detail) }
    if (position ^ expected) & 0x8000 != 0 { violate(.packedDesc4, detail) }
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
    forgetAnnouncement(index)
    notice(index)
    if queues[index].hasLostCount { breakDevice() }
    work()
  }
}
