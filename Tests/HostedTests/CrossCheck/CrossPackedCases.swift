import VirtIO
import VirtIOTesting

/// Lists in packed rings, whole and broken.
///
/// Every case is on a device that offers packed queues.
enum CrossPackedCases {
  static let all = whole + broken + taken

  typealias Flags = CrossPackedQueue.Flags

  /// Makes descriptors available of a request and its response, and writes down what becomes of them.
  private static func breakDown(
    _ driver: CrossDriver, _ features: UInt64 = 0, size: UInt16 = 64,
    _ layOut: (CrossPackedQueue, _ request: UInt64, _ response: UInt64) -> Void
  ) throws {
    let queue = try driver.bringUpPacked(features, size: size)
    let buffer = queue.buffer()
    queue.fill(buffer.request, CrossCommand.displayInfo)
    layOut(queue, buffer.request, buffer.response)
    queue.ring()
    _ = driver.wait { queue.hasUsed || driver.status & 0x40 != 0 }
    driver.note("used", queue.hasUsed)
    driver.note("status", driver.status)
  }
  private static let isBroken = ["used no", "status 0x4f"]
  private static let isUsed = ["used yes", "status 0xf"]

  /// The words of a table's entry.
  private static func entry(_ address: UInt64, _ byteCount: UInt32, _ flags: UInt32) -> [UInt32] {
    [
      UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32), byteCount,
      flags << 16,
    ]
  }

  /// A table of that many entries: the request by single bytes, and the response.
  private static func layOutTable(_ driver: CrossDriver, entryCount: Int) throws {
    let table = try CrossBuffers(driver)
    try breakDown(driver, 1 << 28) { queue, request, response in
      let place = table.next().request
      for number in 0..<entryCount - 1 {
        table.fill(place + 16 * UInt64(number), entry(request + UInt64(number), 1, 0))
      }
      table.fill(place + 16 * UInt64(entryCount - 1), entry(response, 512, 2))
      queue.post([(place, UInt32(16 * entryCount), Flags.indirect)])
    }
  }

  // MARK: As it should be

  private static let whole = [
    CrossCase(
      "a packed queue, once round its ring and on", shows: (0..<6).map { "answer \($0) 0x1100" }
    ) { driver in
      let queue = try driver.bringUpPacked(size: 4)
      for number in 0..<6 as Range<UInt32> {
        queue.post(CrossCommand.create(number + 1, 4, 4), id: UInt16(number))
        queue.ring()
        let id = queue.takeUsed()?.id ?? 99
        driver.note("answer \(id)", UInt64(queue.response(0..<1)[0]))
      }
    },
    CrossCase("a table in a packed queue", shows: isUsed) { driver in
      try breakDown(driver, 1 << 28) { queue, request, response in
        queue.fill(request + 1024, entry(request, 24, 0) + entry(response, 512, 2))
        queue.post([(request + 1024, 32, Flags.indirect)])
      }
    },
    CrossCase(
      "the event index of a packed queue: when to interrupt",
      shows: ["interrupt 0x1", "interrupt 0x0", "interrupt 0x1", "interrupt 0x0"]
    ) { driver in
      let queue = try driver.bringUpPacked(1 << 29)
      // Slots 0 and 4, in the first lap: where the first buffer is, and the third.
      for event in [0x8000, 0x8004] as [UInt32] {
        queue.rings.store32(2 << 16 | event, uncheckedAt: CrossPackedQueue.driverEvent)
        for _ in 0..<2 {
          queue.post(CrossCommand.displayInfo)
          queue.ring()
          _ = queue.takeUsed()
          driver.note("interrupt", driver.interruptStatus)
        }
      }
    },
    CrossCase(
      "the event index of a packed queue, when its first buffer is not asked for",
      qemu: ["interrupt 0x1"], model: ["interrupt 0x0"],
      because: "QEMU always interrupts for the first buffer of a queue, which costs a look"
    ) { driver in
      let queue = try driver.bringUpPacked(1 << 29)
      queue.rings.store32(2 << 16 | 0x8004, uncheckedAt: CrossPackedQueue.driverEvent)
      queue.post(CrossCommand.displayInfo)
      queue.ring()
      _ = queue.takeUsed()
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "the event index of a packed queue: when to notify",
      qemu: ["event 0x0", "event 0x0", "event 0x0"],
      model: ["event 0x28002", "event 0x28004", "event 0x20002"],
      because: "QEMU asks for every notification by its flags, and never by the event index"
    ) { driver in
      let queue = try driver.bringUpPacked(1 << 29, size: 6)
      for count in [1, 1, 2] {
        for _ in 0..<count {
          queue.post(CrossCommand.displayInfo)
          queue.ring()
          _ = queue.takeUsed()
        }
        driver.note(
          "event", UInt64(queue.rings.load32(uncheckedAt: CrossPackedQueue.deviceEvent)))
      }
    },
    CrossCase(
      "a packed queue is reset, and starts again with another size",
      shows: ["enabled 0x0", "info 0x1101", "info id 0x4", "info 0x1101", "info id 0x5"]
    ) { driver in
      let queue = try driver.bringUpPacked(CrossDriver.ringReset)
      for _ in 0..<3 {
        queue.post(CrossCommand.displayInfo)
        queue.ring()
        _ = queue.takeUsed()
      }
      driver.select(0)
      driver.write(.queueReset, 1)
      _ = driver.wait { driver.read(.queueReset) == 0 }
      driver.note("enabled", driver.read(.queueEnable))
      let again = try CrossPackedQueue(driver, index: 0, size: 3)
      again.enable()
      for id in 4...5 as ClosedRange<UInt16> {
        again.ask("info", CrossCommand.displayInfo, id: id)
      }
    },
    CrossCase(
      "a list whose descriptors have two ids",
      qemu: ["id 0x3"], model: ["id 0x5"],
      because: "the id of the last descriptor is that of the buffer; QEMU takes the first one's"
    ) { driver in
      let queue = try driver.bringUpPacked()
      let buffer = queue.buffer()
      queue.fill(buffer.request, CrossCommand.displayInfo)
      queue.descriptor(
        at: 1, buffer.response, 512, id: 5, flags: Flags.write | Flags.available)
      queue.descriptor(
        at: 0, buffer.request, 24, id: 3, flags: Flags.next | Flags.available)
      queue.ring()
      driver.note("id", UInt64(queue.takeUsed()?.id ?? 99))
    },
  ]

  // MARK: Broken

  private static let broken = [
    CrossCase("a list that goes round the ring", breaks: [.packedSg3], shows: isBroken) { driver in
      try breakDown(driver, size: 4) { queue, request, response in
        for slot in (0..<4).reversed() {
          queue.descriptor(
            at: slot, request + 64 * UInt64(slot), 24, flags: Flags.next | Flags.available)
        }
      }
    },
    CrossCase(
      "something to read behind something to write, in a packed queue", breaks: [.packedSg4],
      shows: isBroken
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.post([(response, 512, Flags.write), (request, 24, 0)])
      }
    },
    CrossCase(
      "a table whose length is not that of its entries", breaks: [.packedD11], shows: isBroken
    ) { driver in
      try breakDown(driver, 1 << 28) { queue, request, response in
        queue.fill(request + 1024, entry(request, 24, 0) + entry(response, 512, 2))
        queue.post([(request + 1024, 31, Flags.indirect)])
      }
    },
  ]

  // MARK: What QEMU takes

  private static let taken = [
    CrossCase(
      "a table in a packed queue without the feature", breaks: [.packedInd1], qemu: isUsed,
      model: isBroken, because: "QEMU does not look whether the feature was agreed"
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.fill(request + 1024, entry(request, 24, 0) + entry(response, 512, 2))
        queue.post([(request + 1024, 32, Flags.indirect)])
      }
    },
    CrossCase("a table whose entries have other flags", breaks: [.packedInd2], shows: isUsed) {
      driver in
      try breakDown(driver, 1 << 28) { queue, request, response in
        queue.fill(request + 1024, entry(request, 24, 0x8001) + entry(response, 512, 0x87))
        queue.post([(request + 1024, 32, Flags.indirect)])
      }
    },
    CrossCase(
      "a table and a descriptor behind it", breaks: [.packedInd4], qemu: isUsed, model: isBroken,
      because: "QEMU forgets the rest of the list; the model does not guess"
    ) { driver in
      try breakDown(driver, 1 << 28) { queue, request, response in
        queue.fill(request + 1024, entry(request, 24, 0) + entry(response, 512, 2))
        queue.post([(request + 1024, 32, Flags.indirect), (response + 1024, 512, Flags.write)])
      }
    },
    CrossCase(
      "a table that is longer than its queue", breaks: [.packedSg2], qemu: isUsed, model: isBroken,
      because: "QEMU has a limit of its own, of 1024"
    ) { driver in
      try breakDown(driver, 1 << 28, size: 4) { queue, request, response in
        queue.fill(
          request + 1024,
          entry(request, 8, 0) + entry(request + 8, 8, 0) + entry(request + 16, 8, 0)
            + entry(response, 256, 2) + entry(response + 512, 256, 2))
        queue.post([(request + 1024, 80, Flags.indirect)])
      }
    },
    CrossCase(
      "a table of 1024 entries", breaks: [.packedSg2], qemu: isUsed, model: isBroken,
      because: "QEMU has a limit of its own, of 1024"
    ) { driver in try layOutTable(driver, entryCount: 1024) },
    CrossCase("a table of 1025 entries", breaks: [.packedSg2], shows: isBroken) { driver in
      try layOutTable(driver, entryCount: 1025)
    },
    CrossCase(
      "the first descriptor of a list is available, and the second is not", breaks: [.packedSg7],
      qemu: isUsed, model: isBroken, because: "QEMU looks at the flags of the first alone"
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.descriptor(at: 1, response, 512, flags: Flags.write)
        queue.descriptor(at: 0, request, 24, flags: Flags.next | Flags.available)
      }
    },
    CrossCase(
      "the second descriptor of a list is marked used", breaks: [.packedD9], shows: isUsed
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.descriptor(
          at: 1, response, 512, flags: Flags.write | Flags.available | Flags.used)
        queue.descriptor(at: 0, request, 24, flags: Flags.next | Flags.available)
      }
    },
    CrossCase("flags that there are not", breaks: [.packedD16], shows: isUsed) { driver in
      try breakDown(driver) { queue, request, response in
        queue.post([(request, 24, 1 << 3), (response, 512, Flags.write | 1 << 8)])
      }
    },
    CrossCase(
      "the wrap counter of the other lap", breaks: [.packedD3], shows: ["used no", "status 0xf"]
    ) { driver in
      try breakDown(driver) { queue, request, response in
        queue.descriptor(at: 1, response, 512, flags: Flags.write | Flags.used)
        queue.descriptor(at: 0, request, 24, flags: Flags.next | Flags.used)
      }
    },
  ]
}
