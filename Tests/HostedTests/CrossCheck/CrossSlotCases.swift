import VirtIOTesting

/// Registers in memory, in the hands of good and bad drivers.
///
/// Every case is on a device that is not on PCI.
enum CrossSlotCases {
  static let all = identity + directions + queues + reset + interrupts

  // MARK: What is there

  private static let identity = [
    CrossCase(
      "what there is, in order",
      shows: [
        "magic 0x74726976", "version 0x2", "type 0x10", "offer 0x30000002", "offer 0x101",
        "size 0x400", "ready 0x0", "size 0x400", "ready 0x0", "size 0x0", "ready 0x0",
      ]
    ) { driver in
      driver.note("magic", driver.read(.registers, 0x000, 4))
      driver.note("version", driver.read(.registers, 0x004, 4))
      driver.note("type", driver.read(.registers, 0x008, 4))
      driver.negotiate()
      for word in 0..<2 as Range<UInt64> {
        driver.write(.offerSelect, word)
        driver.note("offer", driver.read(.offer))
      }
      for queue in 0..<3 as Range<UInt64> {
        driver.select(queue)
        driver.note("size", driver.read(.registers, 0x034, 4))
        driver.note("ready", driver.read(.queueEnable))
      }
    },
    CrossCase(
      "registers are read before those that say that there is a device", breaks: [.mmioInit1],
      shows: ["type 0x10", "status 0x0"]
    ) { driver in
      driver.note("type", driver.read(.registers, 0x008, 4))
      driver.note("status", driver.status)
    },
    CrossCase(
      "registers are read before the one that says which device", breaks: [.mmioInit2],
      shows: ["status 0x0"]
    ) { driver in
      _ = driver.read(.registers, 0x000, 4)
      _ = driver.read(.registers, 0x004, 4)
      driver.note("status", driver.status)
    },
    CrossCase(
      "shared memory is asked for", breaks: [.mmioInit5],
      shows: ["length 0xffffffff", "length 0xffffffff"]
    ) { driver in
      driver.identify()
      driver.write(.registers, 0x0ac, 0, 4)
      driver.note("length", driver.read(.registers, 0x0b0, 4))
      driver.note("length", driver.read(.registers, 0x0b4, 4))
    },
    CrossCase(
      "words of the features, none of them selected since the reset", breaks: [.mmio14, .mmio15],
      qemu: ["offer 0x101"], model: ["offer 0x30000002"],
      because: "the specification does not say that a reset selects word 0; QEMU keeps word 1"
    ) { driver in
      driver.negotiate()
      driver.reset()
      driver.writeStatus(1)
      driver.writeStatus(3)
      driver.note("offer", driver.read(.offer))
      for word in 0..<2 as Range<UInt64> {
        driver.write(.offerSelect, word)
        _ = driver.read(.offer)
      }
      driver.write(.answer, 0)
    },
  ]

  // MARK: Widths and directions

  private static let directions = [
    CrossCase(
      "no register there", breaks: [.mmio1],
      qemu: ["read 0x0"], model: ["read 0xffffffff"],
      because: "the specification does not say what is read there"
    ) { driver in
      driver.identify()
      driver.note("read", driver.read(.registers, 0x0d0, 4))
      driver.write(.registers, 0x0d0, 1, 4)
    },
    CrossCase(
      "a register that can only be read is written", breaks: [.mmio2],
      shows: ["version 0x2", "type 0x10"]
    ) { driver in
      driver.identify()
      driver.write(.registers, 0x004, 1, 4)
      driver.write(.registers, 0x008, 1, 4)
      driver.note("version", driver.read(.registers, 0x004, 4))
      driver.note("type", driver.read(.registers, 0x008, 4))
    },
    CrossCase(
      "a register that can only be written is read", breaks: [.mmio3],
      qemu: ["select 0x0", "notify 0x0"], model: ["select 0xffffffff", "notify 0xffffffff"],
      because: "the specification does not say what is read there"
    ) { driver in
      driver.identify()
      driver.note("select", driver.read(.registers, 0x030, 4))
      driver.note("notify", driver.read(.registers, 0x050, 4))
    },
    CrossCase(
      "control registers by bytes and halves", breaks: [.mmio4],
      qemu: ["magic 0x0", "status 0x0", "status 0x0"],
      model: ["magic 0xffff", "status 0xff", "status 0x0"],
      because: "the specification does not say what is read by another width; neither takes a write"
    ) { driver in
      driver.identify()
      driver.reset()
      driver.note("magic", driver.read(.registers, 0x000, 2))
      driver.write(.registers, 0x070, 1, 1)
      driver.note("status", driver.read(.registers, 0x070, 1))
      driver.note("status", driver.status)
    },
    CrossCase(
      "a field of 32 bits by bytes", breaks: [.mmio7],
      qemu: ["scanouts 0x1"], model: ["scanouts 0xff"],
      because: "QEMU takes any width in the device configuration"
    ) { driver in
      driver.negotiate()
      _ = driver.read(.registers, 0x0fc, 4)
      driver.note("scanouts", driver.read(.registers, 0x108, 1))
      _ = driver.read(.registers, 0x0fc, 4)
    },
  ]

  // MARK: Queues

  private static let queues = [
    CrossCase(
      "a command by registers in memory",
      shows: ["info 0x1101", "info length 0x198", "interrupt 0x1", "interrupt 0x0"]
    ) { driver in
      try driver.bringUp().control.ask("info", CrossCommand.displayInfo)
      driver.note("interrupt", driver.interruptStatus)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "a queue that is larger than it can be: it keeps the size that it had", breaks: [.mmio16],
      shows: (0..<10).map { "answer \($0) 0x1100" }
    ) { driver in
      driver.negotiate()
      let queue = try CrossQueue(driver, index: 0, size: 8)
      driver.select(0)
      driver.write(.queueSize, 8)
      driver.write(.queueSize, 2048)
      queue.enable(writingSize: false)
      driver.writeStatus(0xf)
      for number in 0..<10 as Range<UInt32> {
        queue.ask("answer \(number)", CrossCommand.create(number + 1, 4, 4))
      }
    },
    CrossCase(
      "an address of a queue that is ready is written", breaks: [.mmio17],
      shows: ["info 0x1101", "info length 0x198"]
    ) { driver in
      let queue = try driver.bringUp().control
      driver.select(0)
      driver.write(.queueArea(0), 0)
      queue.ask("info", CrossCommand.displayInfo)
    },
    CrossCase(
      "a queue is stopped, and not read back", breaks: [.mmio19], shows: ["ready 0x0"]
    ) { driver in
      _ = try driver.bringUp()
      driver.select(0)
      driver.write(.queueEnable, 0)
      driver.select(0)
      driver.note("ready", driver.read(.queueEnable))
    },
    CrossCase(
      "a queue that is stopped takes nothing more", breaks: [.pciCom8],
      qemu: ["ready 0x0", "answered yes"], model: ["ready 0x0", "answered no"],
      because:
        "a queue that is not ready takes no requests; QEMU says that it is not, and serves it"
    ) { driver in
      let queue = try driver.bringUp().control
      driver.select(0)
      driver.write(.queueEnable, 0)
      driver.note("ready", driver.read(.queueEnable))
      queue.post(CrossCommand.displayInfo)
      queue.publish()
      driver.note("answered", queue.takeUsed() != nil)
    },
    CrossCase(
      "a notification of no queue", breaks: [.mmioD2],
      shows: ["status 0xf", "info 0x1101", "info length 0x198"]
    ) { driver in
      let queue = try driver.bringUp().control
      driver.write(.registers, 0x050, 2, 4)
      driver.write(.registers, 0x050, 0xffff_ffff, 4)
      driver.note("status", driver.status)
      queue.ask("info", CrossCommand.displayInfo)
    },
  ]

  private static let reset = [
    CrossCase(
      "a queue is reset by its register in memory",
      breaks: [.pciCom8], qemu: ["reset 0x0", "ready 0x1", "answered yes"],
      model: ["reset 0x0", "ready 0x0", "answered no"],
      because: "QEMU offers the feature but has not the register: no queue is reset here"
    ) { driver in
      let queue = try driver.bringUp(CrossDriver.ringReset).control
      driver.select(0)
      driver.write(.queueReset, 1)
      driver.note("reset", driver.read(.queueReset))
      driver.note("ready", driver.read(.queueEnable))
      queue.post(CrossCommand.displayInfo)
      queue.publish()
      driver.note("answered", queue.takeUsed() != nil)
    }
  ]

  // MARK: Interrupts

  private static let interrupts = [
    CrossCase(
      "a reset forgets what was set in memory",
      shows: ["interrupt 0x1", "status 0x0", "interrupt 0x0", "ready 0x0"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.send(CrossCommand.displayInfo)
      driver.note("interrupt", driver.read(.registers, 0x060, 4))
      driver.reset()
      driver.note("status", driver.status)
      driver.note("interrupt", driver.read(.registers, 0x060, 4))
      driver.note("ready", driver.read(.queueEnable))
    },
    CrossCase(
      "a display event interrupts by the line",
      qemu: ["interrupt 0x3", "generation 0x1", "interrupt 0x0"],
      model: ["interrupt 0x2", "generation 0x1", "interrupt 0x0"],
      because: "QEMU always says with it that a buffer may have been used, which costs a look"
    ) { driver in
      _ = try driver.bringUp()
      try driver.resize(64, 48)
      _ = driver.wait { driver.interruptStatus & 2 != 0 }
      _ = driver.interruptStatus
      let generation = driver.read(.registers, 0x0fc, 4)
      try driver.resize(90, 70)
      _ = driver.wait { driver.read(.registers, 0x060, 4) & 2 != 0 }
      driver.note("interrupt", driver.interruptStatus)
      driver.note(
        "generation", (driver.read(.registers, 0x0fc, 4) &- generation) & 0xffff_ffff)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "an interrupt is acknowledged that was not read", breaks: [.mmio21], shows: ["interrupt 0x0"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.send(CrossCommand.displayInfo)
      driver.write(.registers, 0x064, 1, 4)
      driver.note("interrupt", driver.read(.registers, 0x060, 4))
    },
    CrossCase(
      "causes without a meaning are acknowledged", breaks: [.mmio22],
      shows: ["interrupt 0x1", "interrupt 0x0"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.send(CrossCommand.displayInfo)
      driver.note("interrupt", driver.read(.registers, 0x060, 4))
      driver.write(.registers, 0x064, 0xffff_ffff, 4)
      driver.note("interrupt", driver.read(.registers, 0x060, 4))
    },
  ]
}
