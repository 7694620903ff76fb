import VirtIO
import VirtIOTesting

/// What QEMU takes of split queues although no driver may do it: tables, flags and places.
enum CrossTableCases {
  static let all = tables + flags

  /// Makes descriptor 0 available, and writes down what becomes of it.
  private static func offer(
    _ driver: CrossDriver, _ layOut: (CrossQueue, _ request: UInt64, _ response: UInt64) -> Void
  ) throws {
    let queue = try driver.bringUp(1 << 28).control
    let buffer = queue.buffer()
    queue.fill(buffer.request, CrossCommand.displayInfo)
    layOut(queue, buffer.request, buffer.response)
    queue.offer(0)
    queue.publish()
    _ = driver.wait { queue.deviceUsedIndex != 0 || driver.status & 0x40 != 0 }
    driver.note("used", UInt64(queue.deviceUsedIndex))
    driver.note("status", driver.status)
  }
  private static let isUsed = ["used 0x1", "status 0xf"]
  private static let isBroken = ["used 0x0", "status 0x4f"]

  /// The words of a table's entry.
  private static func entry(
    _ address: UInt64, _ byteCount: UInt32, _ flags: UInt32, next: UInt32 = 0
  ) -> [UInt32] {
    [
      UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32), byteCount,
      next << 16 | flags,
    ]
  }

  // MARK: Tables

  private static let tables = [
    CrossCase(
      "a table in a table", breaks: [.splitInd2], qemu: isUsed, model: isBroken,
      because: "QEMU takes the inner table for a buffer; the model does not guess"
    ) { driver in
      try offer(driver) { queue, request, response in
        queue.fill(
          request + 1024, entry(request, 24, 5, next: 1) + entry(response, 512, 2))
        queue.descriptor(0, request + 1024, 32, flags: 4)
      }
    },
    CrossCase(
      "a table that is longer than a split queue", breaks: [.splitInd3, .splitFrame2], qemu: isUsed,
      model: isBroken, because: "QEMU has a limit of its own, of 1024"
    ) { driver in
      let table = try CrossBuffers(driver)
      let place = table.next().request
      try offer(driver) { queue, request, response in
        for number in 0..<64 as Range<UInt64> {
          table.fill(
            place + 16 * number, entry(request + number, 1, 1, next: UInt32(number) + 1))
        }
        table.fill(place + 16 * 64, entry(response, 512, 2))
        queue.descriptor(0, place, 16 * 65, flags: 4)
      }
    },
    CrossCase("a table that is continued", breaks: [.splitInd4], shows: isUsed) { driver in
      try offer(driver) { queue, request, response in
        queue.fill(
          request + 1024, entry(request, 24, 1, next: 1) + entry(response, 512, 2))
        queue.descriptor(0, request + 1024, 32, flags: 5, next: 1)
      }
    },
  ]

  // MARK: Flags and places

  private static let flags = [
    CrossCase("descriptors with other flags", breaks: [.splitD3], shows: isUsed) { driver in
      try offer(driver) { queue, request, response in
        queue.descriptor(0, request, 24, flags: 1 | 1 << 3, next: 1)
        queue.descriptor(1, response, 512, flags: 2 | 1 << 15)
      }
    },
    CrossCase(
      "available flags that there are not", breaks: [.splitUsup1],
      shows: ["info 0x1101", "info length 0x198", "interrupt 0x1"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.rings.store16(2, uncheckedAt: CrossQueue.availableOffset)
      queue.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "available flags beside the event index", breaks: [.splitUsup3],
      shows: ["info 0x1101", "info length 0x198", "interrupt 0x1"]
    ) { driver in
      let queue = try driver.bringUp(1 << 29).control
      queue.rings.store16(1, uncheckedAt: CrossQueue.availableOffset)
      queue.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "the place for an event, without the event index, and the device's ring",
      breaks: [.splitD6, .splitD7], shows: ["info 0x1101", "info length 0x198", "interrupt 0x1"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.rings.store16(9, uncheckedAt: CrossQueue.availableOffset + 4 + 2 * 64)
      queue.rings.store16(9, uncheckedAt: CrossQueue.usedOffset + 4 + 8 * 7)
      queue.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "the rings of a split queue are not aligned",
      breaks: [.splitAlign1, .splitAlign2, .splitAlign3], shows: ["enabled 0x1"]
    ) { driver in
      driver.negotiate()
      let start = try driver.allocate(3 * 4096).deviceAddress.rawValue
      driver.enable(0, size: 64, [start + 8, start + 4097, start + 8194])
      driver.note("enabled", driver.read(.queueEnable))
    },
    CrossCase(
      "the device's flags are not zero when the queue is handed over", breaks: [.splitKick1],
      shows: ["enabled 0x1"]
    ) { driver in
      driver.negotiate()
      let queue = try CrossQueue(driver, index: 0, size: 64)
      queue.rings.store16(1, uncheckedAt: CrossQueue.usedOffset)
      queue.enable()
      driver.note("enabled", driver.read(.queueEnable))
    },
    CrossCase(
      "fields of the common configuration by other widths",
      breaks: [.pciAcc1, .pciAcc2, .pciAcc3, .pciAcc4],
      qemu: ["status 0xb", "queues 0x2", "select 0x1", "address 0x5670"],
      model: ["status 0xffff", "queues 0xff", "select 0xffff", "address 0xffff"],
      because: "the specification does not say what is read by another width"
    ) { driver in
      driver.negotiate()
      driver.select(0)
      driver.write(.queueArea(0), 0x1234_5670)
      driver.note("status", driver.read(.common, 0x14, 2))
      driver.note("queues", driver.read(.common, 0x12, 1))
      driver.note("select", driver.read(.common, 0x08, 2))
      driver.note("address", driver.read(.common, 0x20, 2))
    },
  ]
}
