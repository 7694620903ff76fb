import VirtIO
import VirtIOTesting

/// Notifications: what a device does before them, and with those that are not as they should be.
enum CrossNotificationCases {
  private static func posted(_ driver: CrossDriver, _ features: UInt64 = 0) throws -> CrossQueue {
    let queue = try driver.bringUp(features).control
    queue.post(CrossCommand.displayInfo)
    queue.storeIndex()
    return queue
  }

  static let all = [
    CrossCase(
      "nothing is done before the notification", breaks: [.splitKick4],
      shows: ["used 0x0", "answered yes"]
    ) { driver in
      let queue = try posted(driver)
      _ = driver.status
      driver.note("used", UInt64(queue.deviceUsedIndex))
      queue.post(CrossCommand.displayInfo, head: 2)
      queue.publish()
      driver.note("answered", queue.takeUsed() != nil)
    },
    CrossCase(
      "the event index: a notification is left out, and one follows that nobody asked for",
      breaks: [.splitKick6, .splitKick7],
      shows: ["used 0x0", "answered yes"]
    ) { driver in
      let queue = try posted(driver, 1 << 29)
      _ = driver.status
      driver.note("used", UInt64(queue.deviceUsedIndex))
      queue.post(CrossCommand.displayInfo, head: 2)
      queue.publish()
      driver.note("answered", queue.takeUsed() != nil)
    },
    CrossCase(
      "a second notification with nothing new", breaks: [.modelKick1],
      shows: ["answered yes", "used 0x1", "status 0xf"]
    ) { driver in
      let queue = try posted(driver)
      queue.ring()
      driver.note("answered", queue.takeUsed() != nil)
      queue.ring()
      _ = driver.status
      driver.note("used", UInt64(queue.deviceUsedIndex))
      driver.note("status", driver.status)
    },
    CrossCase(
      "a notification of a queue that is not enabled", breaks: [.pciCom8],
      shows: ["info 0x1101", "info length 0x198"]
    ) { driver in
      driver.negotiate()
      let queue = try CrossQueue(driver, index: 0, size: 64)
      queue.enable()
      driver.writeStatus(0xf)
      driver.write(.notification, driver.notifyMultiplier, 1, 2)
      queue.ask("info", CrossCommand.displayInfo)
    },
    CrossCase(
      "a notification before DRIVER_OK", breaks: [.init16],
      qemu: ["answered yes"], model: ["answered no"],
      because: "no device may take a buffer before DRIVER_OK; QEMU does"
    ) { driver in
      driver.negotiate()
      let queue = try CrossQueue(driver, index: 0, size: 64)
      queue.enable()
      queue.post(CrossCommand.displayInfo)
      queue.publish()
      driver.note("answered", queue.takeUsed() != nil)
    },
    CrossCase(
      "a notification with the number of another queue", breaks: [.pciNotify3, .splitKick4],
      qemu: ["answered yes"], model: ["answered no"],
      because: "QEMU goes by the place alone"
    ) { driver in
      let queue = try posted(driver)
      driver.write(.notification, 0, 1, 2)
      driver.note("answered", queue.takeUsed() != nil)
    },
    CrossCase(
      "a notification beside its place", breaks: [.pciNotifyD1, .splitKick4],
      qemu: ["answered yes"], model: ["answered no"],
      because: "QEMU takes every place up to the next queue's as this one's"
    ) { driver in
      let queue = try posted(driver)
      driver.write(.notification, 2, 0, 2)
      driver.note("answered", queue.takeUsed() != nil)
    },
    CrossCase(
      "a notification of 4 bytes", breaks: [.pciNotify1, .splitKick4],
      qemu: ["answered yes"], model: ["answered no"],
      because: "QEMU takes any width"
    ) { driver in
      let queue = try posted(driver)
      driver.write(.notification, 0, 0, 4)
      driver.note("answered", queue.takeUsed() != nil)
    },
  ]
}
