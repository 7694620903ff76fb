import VirtIOTesting

/// The reset of one queue.
enum CrossQueueResetCases {
  private static let feature = CrossDriver.ringReset

  static let all = [
    CrossCase(
      "a queue is reset, and comes into service again",
      shows: ["enabled 0x0", "reset 0x0", "size 0x40", "info 0x1101", "info length 0x198"]
    ) { driver in
      let queue = try driver.bringUp(feature).control
      queue.send(CrossCommand.displayInfo)
      driver.select(0)
      driver.write(.queueReset, 1)
      _ = driver.wait { driver.read(.queueReset) == 0 }
      driver.note("enabled", driver.read(.queueEnable))
      driver.note("reset", driver.read(.queueReset))
      driver.note("size", driver.read(.queueSize))
      let again = try CrossQueue(driver, index: 0, size: 8)
      again.enable()
      again.ask("info", CrossCommand.displayInfo)
    },
    CrossCase(
      "queue_reset is written with 0", breaks: [.modelQueue1],
      shows: ["enabled 0x1", "reset 0x0", "info 0x1101", "info length 0x198"]
    ) { driver in
      let queue = try driver.bringUp(feature).control
      driver.select(0)
      driver.write(.queueReset, 0)
      driver.note("enabled", driver.read(.queueEnable))
      driver.note("reset", driver.read(.queueReset))
      queue.ask("info", CrossCommand.displayInfo)
    },
    CrossCase(
      "a queue is reset without the feature", breaks: [.rfbD1],
      qemu: ["enabled 0x0"], model: ["enabled 0x1"],
      because: "QEMU does not look whether the feature was agreed"
    ) { driver in
      _ = try driver.bringUp()
      driver.select(0)
      driver.write(.queueReset, 1)
      driver.note("enabled", driver.read(.queueEnable))
    },
    CrossCase(
      "a queue is programmed before its reset was read as done", breaks: [.pciCom11],
      qemu: ["size 0x20"], model: ["size 0x40"],
      because: "QEMU has done it when the write returns; another device may take its time"
    ) { driver in
      _ = try driver.bringUp(feature)
      driver.select(0)
      driver.write(.queueReset, 1)
      driver.write(.queueSize, 32)
      _ = driver.wait { driver.read(.queueReset) == 0 }
      driver.note("size", driver.read(.queueSize))
    },
    CrossCase(
      "a queue that was reset is enabled without addresses", breaks: [.vqrst3],
      qemu: ["enabled 0x1"], model: ["enabled 0x0"],
      because: "QEMU keeps the addresses that the queue had"
    ) { driver in
      _ = try driver.bringUp(feature)
      driver.select(0)
      driver.write(.queueReset, 1)
      _ = driver.wait { driver.read(.queueReset) == 0 }
      driver.write(.queueEnable, 1)
      driver.note("enabled", driver.read(.queueEnable))
    },
  ]
}
