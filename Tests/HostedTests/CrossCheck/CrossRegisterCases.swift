import VirtIOTesting

/// The registers of the common configuration, in the hands of good and bad drivers.
enum CrossRegisterCases {
  static let all = common + handshake

  // MARK: The common configuration

  private static let common = [
    CrossCase(
      "what there is before anything is set",
      shows: [
        "queues 0x2", "vector 0xffff", "size 0x40", "queue vector 0xffff", "enabled 0x0",
        "notify 0x0", "address 0x0", "size 0x10", "queue vector 0xffff", "enabled 0x0",
        "notify 0x1", "address 0x0",
      ]
    ) { driver in
      driver.negotiate()
      driver.note("queues", driver.read(.common, 0x12, 2))
      driver.note("vector", driver.read(.common, 0x10, 2))
      for queue in 0..<2 as Range<UInt64> {
        driver.select(queue)
        driver.note("size", driver.read(.common, 0x18, 2))
        driver.note("queue vector", driver.read(.common, 0x1a, 2))
        driver.note("enabled", driver.read(.common, 0x1c, 2))
        driver.note("notify", driver.read(.common, 0x1e, 2))
        driver.note("address", driver.read(.common, 0x20, 4))
      }
    },
    CrossCase(
      "a queue that there is not", breaks: [.pciVqD1],
      shows: ["selected 0x7", "size 0x0", "enabled 0x0", "size 0x0"]
    ) { driver in
      driver.negotiate()
      driver.select(7)
      driver.note("selected", driver.read(.common, 0x16, 2))
      driver.note("size", driver.read(.common, 0x18, 2))
      driver.note("enabled", driver.read(.common, 0x1c, 2))
      driver.write(.common, 0x18, 2, 2)
      driver.note("size", driver.read(.common, 0x18, 2))
    },
    CrossCase(
      "a reset forgets what was set",
      shows: [
        "enabled 0x1", "status 0x0", "selected 0x0", "enabled 0x0", "size 0x40", "address 0x0",
        "vector 0xffff", "queue vector 0xffff", "interrupt 0x0",
      ]
    ) { driver in
      driver.negotiate()
      for register in [0x10, 0x1a] as [UInt] {
        driver.select(0)
        driver.write(.common, register, 1, 2)
        _ = driver.read(.common, register, 2)
      }
      let queue = try CrossQueue(driver, index: 0, size: 8)
      queue.enable()
      driver.writeStatus(0xf)
      queue.send(CrossCommand.displayInfo)
      driver.note("enabled", driver.read(.common, 0x1c, 2))
      driver.reset()
      driver.note("status", driver.status)
      driver.note("selected", driver.read(.common, 0x16, 2))
      driver.note("enabled", driver.read(.common, 0x1c, 2))
      driver.note("size", driver.read(.common, 0x18, 2))
      driver.note("address", driver.read(.common, 0x20, 4))
      driver.note("vector", driver.read(.common, 0x10, 2))
      driver.note("queue vector", driver.read(.common, 0x1a, 2))
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "a reset forgets the features",
      qemu: ["accepted 0x1"], model: ["accepted 0x0"],
      because: "QEMU keeps what was written to driver_feature, without a meaning"
    ) { driver in
      driver.negotiate()
      driver.reset()
      driver.write(.common, 0x08, 1, 4)
      driver.note("accepted", driver.read(.common, 0x0c, 4))
    },
    CrossCase(
      "fields that only the device writes", breaks: [.pciCom1, .pciCom2, .pciCom3, .pciCom4],
      shows: ["offer 0x101", "queues 0x2", "generation changed no", "notify 0x1"]
    ) { driver in
      driver.negotiate()
      driver.select(1)
      let generation = driver.read(.common, 0x15, 1)
      driver.write(.common, 0x04, 0, 4)
      driver.write(.common, 0x12, 9, 2)
      driver.write(.common, 0x15, generation ^ 0xff, 1)
      driver.write(.common, 0x1e, 9, 2)
      driver.note("offer", driver.read(.common, 0x04, 4))
      driver.note("queues", driver.read(.common, 0x12, 2))
      driver.note("generation changed", driver.read(.common, 0x15, 1) != generation)
      driver.note("notify", driver.read(.common, 0x1e, 2))
    },
    CrossCase(
      "the parts of an address, and a smaller queue",
      shows: ["low 0x12345670", "high 0x9", "size 0x20"]
    ) { driver in
      driver.negotiate()
      driver.select(0)
      driver.write(.common, 0x18, 32, 2)
      driver.write(.common, 0x30, 0x1234_5670, 4)
      driver.write(.common, 0x34, 9, 4)
      driver.note("low", driver.read(.common, 0x30, 4))
      driver.note("high", driver.read(.common, 0x34, 4))
      driver.note("size", driver.read(.common, 0x18, 2))
    },
    CrossCase("a queue size of 0", breaks: [.pciCom7], shows: ["size 0x40"]) { driver in
      driver.negotiate()
      driver.select(0)
      driver.write(.common, 0x18, 0, 2)
      driver.note("size", driver.read(.common, 0x18, 2))
    },
    CrossCase(
      "queue sizes of 3 and of more than there is", breaks: [.pciCom7, .splitD1],
      qemu: ["size 0x3", "size 0x80"], model: ["size 0x40", "size 0x40"],
      because: "QEMU takes any size up to 1024; the model keeps to what it has offered"
    ) { driver in
      driver.negotiate()
      driver.select(0)
      for size in [3, 128] as [UInt64] {
        driver.write(.common, 0x18, size, 2)
        driver.note("size", driver.read(.common, 0x18, 2))
      }
    },
    CrossCase(
      "queue_enable is written with 0", breaks: [.pciCom10],
      qemu: ["needs reset yes", "interrupt 0x0"], model: ["needs reset no", "interrupt 0x0"],
      because: "the specification does not say what becomes of it; QEMU gives up"
    ) { driver in
      driver.negotiate()
      driver.select(0)
      driver.write(.common, 0x1c, 0, 2)
      driver.noteBreakdown()
    },
    CrossCase(
      "a vector that there is, and one that there is not", breaks: [.msix4],
      shows: ["vector 0x2", "vector 0xffff", "queue vector 0xffff"]
    ) { driver in
      driver.negotiate()
      driver.write(.common, 0x10, 2, 2)
      driver.note("vector", driver.read(.common, 0x10, 2))
      driver.write(.common, 0x10, 3, 2)
      driver.note("vector", driver.read(.common, 0x10, 2))
      driver.select(0)
      driver.write(.common, 0x1a, 0x123, 2)
      driver.note("queue vector", driver.read(.common, 0x1a, 2))
    },
  ]

  // MARK: The handshake

  private static let handshake = [
    CrossCase(
      "the offer, in words",
      shows: ["offer 0x30000002", "offer 0x101", "offer 0x0", "offer 0x0", "offer 0x0"]
    ) { driver in
      driver.acknowledge()
      for word in [0, 1, 2, 3, 0xffff_ffff] as [UInt64] {
        driver.write(.common, 0x00, word, 4)
        driver.note("offer", driver.read(.common, 0x04, 4))
      }
    },
    CrossCase(
      "each status is what was written",
      shows: ["status 0x0", "status 0x1", "status 0x3", "status 0xb", "status 0xf", "status 0x8f"]
    ) { driver in
      driver.note("status", driver.status)
      for status in [1, 3, 0xb, 0xf, 0x8f] as [UInt64] {
        if status == 0xb {
          _ = driver.readFeatures()
          driver.writeFeatures(CrossDriver.version1)
        }
        driver.writeStatus(status)
        driver.note("status", driver.status)
      }
    },
    CrossCase(
      "a feature that was not offered", breaks: [.feat1],
      qemu: ["status 0xb"], model: ["status 0x3"],
      because: "QEMU takes what it has offered and forgets the rest; a device may refuse instead"
    ) { driver in
      driver.acknowledge()
      _ = driver.readFeatures()
      driver.writeFeatures(CrossDriver.version1 | 1 << 34)
      driver.writeStatus(0xb)
      driver.note("status", driver.status)
    },
    CrossCase(
      "VERSION_1 is declined", breaks: [.rfb1],
      qemu: ["status 0xb"], model: ["status 0x3"],
      because: "a device may fail to work without it; QEMU does not mind"
    ) { driver in
      driver.acknowledge()
      _ = driver.readFeatures()
      driver.writeFeatures(0)
      driver.writeStatus(0xb)
      driver.note("status", driver.status)
    },
  ]
}
