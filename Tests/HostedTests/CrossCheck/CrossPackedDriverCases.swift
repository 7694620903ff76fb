import VirtIO
import VirtIOTesting

/// What a driver does with a packed queue beside its lists, and with its size and areas.
///
/// Every case is on a device that offers packed queues.
enum CrossPackedDriverCases {
  static let all = setUp + inFlight + events

  typealias Flags = CrossPackedQueue.Flags

  // MARK: Set-up

  private static let setUp = [
    CrossCase(
      "packed queues are declined", breaks: [.rfb6], shows: ["info 0x1101", "info length 0x198"]
    ) { driver in
      try driver.bringUp().control.ask("info", CrossCommand.displayInfo)
    },
    CrossCase(
      "a packed queue of no size", breaks: [.pciCom6], shows: ["size 0x40"]
    ) { driver in
      driver.negotiate(CrossDriver.packed)
      driver.select(0)
      driver.write(.queueSize, 0)
      driver.note("size", driver.read(.queueSize))
    },
    CrossCase("a packed queue of 3", shows: ["size 0x3", "info 0x1101", "info id 0x0"]) { driver in
      let queue = try driver.bringUpPacked(size: 3)
      driver.note("size", driver.read(.queueSize))
      queue.ask("info", CrossCommand.displayInfo)
    },
    CrossCase(
      "a packed queue that is larger than there is", breaks: [.packedD15],
      qemu: ["size 0x80"], model: ["size 0x40"],
      because: "QEMU takes any size up to 1024; the model keeps to what it has offered"
    ) { driver in
      driver.negotiate(CrossDriver.packed)
      driver.select(0)
      driver.write(.queueSize, 128)
      driver.note("size", driver.read(.queueSize))
    },
    CrossCase(
      "the areas of a packed queue are not aligned",
      breaks: [.packedAlign1, .packedAlign2, .packedAlign3], shows: ["enabled 0x1"]
    ) { driver in
      driver.negotiate(CrossDriver.packed)
      let start = try driver.allocate(3 * 4096).deviceAddress.rawValue
      driver.enable(0, size: 64, [start + 8, start + 4098, start + 8194])
      driver.note("enabled", driver.read(.queueEnable))
    },
  ]

  // MARK: In flight

  private static let inFlight = [
    CrossCase(
      "a packed queue: nothing is done before the notification", breaks: [.packedD14],
      shows: ["used no", "used yes"]
    ) { driver in
      let queue = try driver.bringUpPacked()
      queue.post(CrossCommand.displayInfo, id: 0)
      _ = driver.status
      driver.note("used", queue.hasUsed)
      queue.post(CrossCommand.displayInfo, id: 1)
      queue.ring()
      driver.note("used", driver.wait { queue.hasUsed })
    },
    CrossCase(
      "a list is changed after it was made available", breaks: [.packedDesc2],
      qemu: ["id 0x7"], model: ["id 0x5"],
      because: "which of the two a device sees is left to chance"
    ) { driver in
      let queue = try driver.bringUpPacked()
      queue.post(CrossCommand.displayInfo, id: 5)
      for slot in 0..<2 { queue.rings.store16(7, uncheckedAt: 16 * slot + 12) }
      queue.ring()
      driver.note("id", UInt64(queue.takeUsed()?.id ?? 99))
    },
    CrossCase(
      "two buffers with one id", breaks: [.modelPacked2],
      qemu: ["id 0x3", "id 0x3"], model: ["id 0x3", "id 0x63"],
      because: "QEMU does not look; the model cannot tell the second from the first"
    ) { driver in
      let queue = try driver.bringUpPacked()
      queue.post(CrossCommand.displayInfo, id: 3)
      queue.post(CrossCommand.displayInfo, id: 3)
      queue.ring()
      for _ in 0..<2 { driver.note("id", UInt64(queue.takeUsed()?.id ?? 99)) }
    },
    CrossCase(
      "a list goes on in a slot that the device has not given back", breaks: [.packedSg5],
      qemu: ["first 0x9", "second 0x8", "status 0xf"],
      model: ["first 0x63", "second 0x63", "status 0x4f"],
      because: "QEMU takes what it has just written there as the rest of the list"
    ) { driver in
      let queue = try driver.bringUpPacked(size: 4)
      queue.post(CrossCommand.displayInfo, id: 9)
      let buffer = queue.buffer()
      let command = CrossCommand.create(1, 4, 4)
      queue.fill(buffer.request, Array(command[..<6]))
      queue.fill(buffer.request + 64, Array(command[6...]))
      queue.descriptor(
        at: 3, buffer.request + 64, 16, id: 8, flags: Flags.next | Flags.available)
      queue.descriptor(at: 2, buffer.request, 24, id: 8, flags: Flags.next | Flags.available)
      queue.ring()
      driver.note("first", UInt64(queue.takeUsed()?.id ?? 99))
      driver.note("second", UInt64(queue.takeUsed(slotCount: 3)?.id ?? 99))
      driver.note("status", driver.status)
    },
    CrossCase(
      "a list is stored over another one", breaks: [.packedDesc2, .packedSg6],
      qemu: ["used no", "status 0xf"], model: ["used no", "status 0x4f"],
      because: "QEMU waits for ever for what was overwritten; the model has seen it before"
    ) { driver in
      let queue = try driver.bringUpPacked(size: 4)
      queue.post(CrossCommand.displayInfo, id: 9)
      let buffer = queue.buffer()
      queue.fill(buffer.request, CrossCommand.displayInfo)
      queue.post(
        [
          (buffer.request, 8, 0), (buffer.request + 64, 16, 0), (buffer.response, 512, Flags.write),
        ],
        id: 8)
      queue.ring()
      driver.note("used", queue.hasUsed)
      driver.note("status", driver.status)
    },
  ]

  // MARK: Events

  private static let events = [
    CrossCase(
      "event flags of 1: no interrupt", shows: ["info 0x1101", "info id 0x0", "interrupt 0x0"]
    ) { driver in
      let queue = try driver.bringUpPacked()
      queue.rings.store16(1, uncheckedAt: CrossPackedQueue.driverEvent + 2)
      queue.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "event flags that there are not", breaks: [.packedD13],
      shows: ["info 0x1101", "info id 0x0", "interrupt 0x1"]
    ) { driver in
      let queue = try driver.bringUpPacked()
      queue.rings.store16(3, uncheckedAt: CrossPackedQueue.driverEvent + 2)
      queue.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "event flags of the event index without the feature", breaks: [.packedD13],
      qemu: ["interrupt 0x1", "interrupt 0x0"], model: ["interrupt 0x1", "interrupt 0x1"],
      because: "QEMU does not look whether the feature was agreed"
    ) { driver in
      let queue = try driver.bringUpPacked()
      for event in [0x8000, 0x2_8010] as [UInt32] {
        queue.rings.store32(event, uncheckedAt: CrossPackedQueue.driverEvent)
        queue.post(CrossCommand.displayInfo)
        queue.ring()
        _ = queue.takeUsed()
        driver.note("interrupt", driver.interruptStatus)
      }
    },
    CrossCase(
      "the device's event area is stored to", breaks: [.modelPacked1],
      shows: ["info 0x1101", "info id 0x0"]
    ) { driver in
      let queue = try driver.bringUpPacked()
      queue.rings.store16(0, uncheckedAt: CrossPackedQueue.deviceEvent + 2)
      queue.ask("info", CrossCommand.displayInfo)
    },
  ]
}
