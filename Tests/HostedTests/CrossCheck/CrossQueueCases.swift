import VirtIO
import VirtIOTesting

/// Chains and rings, whole and broken.
enum CrossQueueCases {
  static let all = whole + broken + elsewhere

  /// Lets the device see a chain that it can do nothing with, and writes down what becomes of it.
  private static func breakDown(
    _ driver: CrossDriver, head: UInt16 = 0,
    _ layOut: (CrossQueue, _ request: UInt64, _ response: UInt64) -> Void
  ) throws {
    let queue = try driver.bringUp().control
    let buffer = queue.buffer()
    queue.fill(buffer.request, CrossCommand.displayInfo)
    layOut(queue, buffer.request, buffer.response)
    queue.offer(head)
    queue.publish()
    driver.noteBreakdown()
    driver.note("status", driver.status)
    driver.note("used", UInt64(queue.deviceUsedIndex))
  }
  private static let isBroken = [
    "needs reset yes", "interrupt 0x2", "status 0x4f", "used 0x0",
  ]

  // MARK: As it should be

  private static let whole = [
    CrossCase(
      "the interrupt status says that a buffer was used, once",
      shows: ["info 0x1101", "info length 0x198", "interrupt 0x1", "interrupt 0x0"]
    ) { driver in
      try driver.bringUp().control.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "available flags of 1: no interrupt",
      shows: ["info 0x1101", "info length 0x198", "interrupt 0x0"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.rings.store16(1, uncheckedAt: CrossQueue.availableOffset)
      queue.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "the event index: when to notify, and when to interrupt",
      shows: ["interrupt 0x1", "event 0x1", "interrupt 0x0", "event 0x2", "interrupt 0x1"]
    ) { driver in
      let queue = try driver.bringUp(1 << 29).control
      let used = CrossQueue.usedOffset + 4 + 8 * 64
      // used_event is 0 as it stands, then 2.
      queue.send(CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
      driver.note("event", UInt64(queue.rings.load16(uncheckedAt: used)))
      queue.rings.store16(2, uncheckedAt: CrossQueue.availableOffset + 4 + 2 * 64)
      queue.send(CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
      driver.note("event", UInt64(queue.rings.load16(uncheckedAt: used)))
      queue.send(CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "a used element has the head of its chain, and buffers are served in batches",
      shows: ["head 0x6", "length 0x198", "head 0x2", "length 0x18", "used 0x2"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.post(CrossCommand.displayInfo, head: 6)
      queue.post(CrossCommand.create(1, 4, 4), head: 2)
      queue.publish()
      for _ in 0..<2 {
        guard let used = queue.takeUsed() else { continue }
        driver.note("head", UInt64(used.id))
        driver.note("length", UInt64(used.byteCount))
      }
      driver.note("used", UInt64(queue.deviceUsedIndex))
    },
    CrossCase("an indirect table", shows: ["used 0x1", "type 0x1101"]) { driver in
      let queue = try driver.bringUp(1 << 28).control
      layOutTable(queue)
      queue.publish()
      driver.note("used", UInt64(queue.takeUsed() == nil ? 0 : 1))
      driver.note("type", UInt64(queue.response(0..<1)[0]))
    },
  ]

  /// A table of two descriptors behind descriptor 0, made available.
  private static func layOutTable(_ queue: CrossQueue, flags: UInt16 = 4) {
    let buffer = queue.buffer()
    queue.fill(buffer.request, CrossCommand.displayInfo)
    let table = buffer.request + 1024
    let split: (UInt64) -> [UInt32] = {
      [UInt32(truncatingIfNeeded: $0), UInt32(truncatingIfNeeded: $0 >> 32)]
    }
    queue.fill(
      table, split(buffer.request) + [24, 1 << 16 | 1] + split(buffer.response) + [2048, 2])
    queue.descriptor(0, table, 32, flags: flags)
    queue.offer(0)
  }

  // MARK: Broken

  private static let broken = [
    CrossCase("a head outside the table", breaks: [.splitD10], shows: isBroken) { driver in
      try breakDown(driver, head: 64) { _, _, _ in }
    },
    CrossCase("a next outside the table", breaks: [.splitD10], shows: isBroken) { driver in
      try breakDown(driver) { queue, request, _ in
        queue.descriptor(0, request, 24, flags: 1, next: 64)
      }
    },
    CrossCase("a loop", breaks: [.splitDesc2], shows: isBroken) { driver in
      try breakDown(driver) { queue, request, response in
        queue.descriptor(0, request, 24, flags: 1, next: 1)
        queue.descriptor(1, response, 512, flags: 3, next: 1)
      }
    },
    CrossCase(
      "something to read behind something to write", breaks: [.splitFrame1], shows: isBroken
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.descriptor(0, response, 512, flags: 3, next: 1)
        queue.descriptor(1, request, 24)
      }
    },
    CrossCase("a descriptor outside memory", breaks: [.rfb5], shows: isBroken) { driver in
      try breakDown(driver) { queue, _, response in
        queue.descriptor(0, 0xffff_f000_0000_0000, 8192, flags: 1, next: 1)
        queue.descriptor(1, response, 512, flags: 2)
      }
    },
    CrossCase(
      "an empty descriptor", breaks: [.splitFrame2],
      qemu: isBroken,
      model: ["needs reset no", "interrupt 0x0", "status 0xf", "used 0x1"],
      because: "the specification advises against needless descriptors and forbids none of no bytes"
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.descriptor(0, request, 24, flags: 1, next: 1)
        queue.descriptor(1, response, 512, flags: 3, next: 2)
        queue.descriptor(2, response + 1024, 0, flags: 2)
      }
    },
    CrossCase(
      "an indirect table without the feature", breaks: [.splitInd1],
      qemu: ["needs reset no", "used 0x1"], model: ["needs reset yes", "used 0x0"],
      because: "QEMU does not look whether the feature was agreed"
    ) { driver in
      let queue = try driver.bringUp().control
      layOutTable(queue)
      queue.publish()
      _ = driver.wait { queue.deviceUsedIndex != 0 || driver.status & 0x40 != 0 }
      driver.note("needs reset", driver.status & 0x40 != 0)
      driver.note("used", UInt64(queue.deviceUsedIndex))
    },
    CrossCase(
      "an available index that counts too many", breaks: [.splitD5, .modelKick1], shows: isBroken
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.descriptor(0, request, 24, flags: 1, next: 1)
        queue.descriptor(1, response, 512, flags: 2)
        queue.availableIndex = 100
      }
    },
    CrossCase(
      "an available index that goes back", breaks: [.splitAvail1, .modelKick1], shows: isBroken
    ) { driver in
      try breakDown(driver) { queue, _, _ in queue.availableIndex = 0xfff0 }
    },
    CrossCase(
      "a broken device does nothing more, and a reset mends it",
      breaks: [.splitD10, .status4],
      shows: isBroken + ["used 0x0", "status 0x0", "info 0x1101", "info length 0x198"]
    ) { driver in
      var last: CrossQueue?
      try breakDown(driver, head: 64) { queue, _, _ in last = queue }
      last?.post(CrossCommand.displayInfo, head: 2)
      last?.publish()
      _ = driver.status
      driver.note("used", UInt64(last?.deviceUsedIndex ?? 0))
      driver.reset()
      driver.note("status", driver.status)
      try driver.bringUp().control.ask("info", CrossCommand.displayInfo)
    },
  ]

  // MARK: Rings and memory

  private static let elsewhere = [
    CrossCase(
      "a queue whose rings are no memory", breaks: [.rfb5],
      qemu: ["enabled 0x1"], model: ["enabled 0x0"],
      because: "QEMU reads zeros there for ever; the model does not take the queue"
    ) { driver in
      driver.negotiate()
      driver.select(0)
      for area in 0..<3 as Range<UInt> {
        driver.write(.common, 0x20 + 8 * area, 0, 4)
        driver.write(.common, 0x24 + 8 * area, 0xffff_f000, 4)
      }
      driver.write(.common, 0x1c, 1, 2)
      driver.note("enabled", driver.read(.common, 0x1c, 2))
    },
    CrossCase(
      "a function that may not reach memory", breaks: [.modelBus4], shows: ["used 0x0"]
    ) { driver in
      driver.negotiate()
      let queue = try CrossQueue(driver, index: 0, size: 64)
      queue.enable()
      driver.write(.configuration, 0x04, 0x2, 2)
      driver.writeStatus(0xf)
      queue.post(CrossCommand.displayInfo)
      queue.publish()
      _ = driver.status
      driver.note("used", UInt64(queue.deviceUsedIndex))
      driver.write(.configuration, 0x04, 0x6, 2)
    },
  ]
}
