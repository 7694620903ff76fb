import VirtIOTesting

/// The steps of initialisation, in the hands of bad drivers.
enum CrossHandshakeCases {
  static let all = status + features + order

  // MARK: The status

  private static let status = [
    CrossCase("two stages at once", breaks: [.status1], shows: ["status 0x3"]) { driver in
      driver.reset()
      driver.writeStatus(3)
      driver.note("status", driver.status)
    },
    CrossCase("a bit of the status is dropped", breaks: [.status2], shows: ["status 0x1"]) {
      driver in
      driver.acknowledge()
      driver.writeStatus(1)
      driver.note("status", driver.status)
    },
    CrossCase("DRIVER_OK after FAILED", breaks: [.status3], shows: ["status 0x8f"]) { driver in
      driver.negotiate()
      driver.writeStatus(0x8b)
      driver.writeStatus(0x8f)
      driver.note("status", driver.status)
    },
    CrossCase("DRIVER without ACKNOWLEDGE", breaks: [.init3], shows: ["status 0x2"]) { driver in
      driver.reset()
      driver.writeStatus(2)
      driver.note("status", driver.status)
    },
    CrossCase("FEATURES_OK and DRIVER_OK at once", breaks: [.init1], shows: ["status 0xf"]) {
      driver in
      driver.acknowledge()
      _ = driver.readFeatures()
      driver.writeFeatures(CrossDriver.version1)
      driver.writeStatus(0xf)
      driver.note("status", driver.status)
    },
    CrossCase(
      "DRIVER_OK without FEATURES_OK, and that afterwards", breaks: [.init8, .init13],
      shows: ["status 0x7", "status 0xf"]
    ) { driver in
      driver.acknowledge()
      _ = driver.readFeatures()
      driver.writeFeatures(CrossDriver.version1)
      for status in [7, 0xf] as [UInt64] {
        driver.writeStatus(status)
        driver.note("status", driver.status)
      }
    },
    CrossCase("a reset that is not waited for", breaks: [.pciCom9], shows: ["status 0x1"]) {
      driver in
      driver.writeStatus(0)
      driver.writeStatus(1)
      driver.note("status", driver.status)
    },
  ]

  // MARK: Features

  private static let features = [
    CrossCase("features are accepted unseen", breaks: [.feat3], shows: ["status 0xb"]) { driver in
      driver.acknowledge()
      driver.writeFeatures(CrossDriver.version1)
      driver.writeStatus(0xb)
      driver.note("status", driver.status)
    },
    CrossCase(
      "bits that have no meaning are accepted", breaks: [.feat5, .feat7, .feat11],
      qemu: ["status 0xb"], model: ["status 0x3"],
      because: "QEMU takes what it has offered and forgets the rest; a device may refuse instead"
    ) { driver in
      driver.negotiate(1 << 6 | 1 << 24 | 1 << 44)
      driver.note("status", driver.status)
    },
    CrossCase("features are accepted before DRIVER", breaks: [.init4], shows: ["accepted 0x1"]) {
      driver in
      driver.reset()
      driver.writeStatus(1)
      _ = driver.readFeatures()
      driver.writeFeatures(CrossDriver.version1)
      driver.note("accepted", driver.read(.answer))
    },
    CrossCase(
      "FEATURES_OK without an answer", breaks: [.init5],
      qemu: ["status 0xb"], model: ["status 0x3"],
      because: "a device may fail to work without VERSION_1; QEMU does not mind"
    ) { driver in
      driver.acknowledge()
      _ = driver.readFeatures()
      driver.writeStatus(0xb)
      driver.note("status", driver.status)
    },
    CrossCase(
      "features are accepted after FEATURES_OK", breaks: [.init9],
      qemu: ["accepted 0x2"], model: ["accepted 0x0"],
      because: "QEMU keeps what was written to driver_feature, without a meaning"
    ) { driver in
      driver.negotiate()
      driver.writeFeatures(CrossDriver.version1 | 1 << 1)
      driver.write(.answerSelect, 0)
      driver.note("accepted", driver.read(.answer))
    },
  ]

  // MARK: Order

  private static let order = [
    CrossCase(
      "a queue is looked for before FEATURES_OK", breaks: [.init12], shows: ["size 0x10"]
    ) { driver in
      driver.acknowledge()
      driver.select(1)
      driver.note("size", driver.read(.queueSize))
    },
    CrossCase(
      "the configuration is written while features are agreed", breaks: [.init7],
      shows: ["events 0x0", "status 0x3"]
    ) { driver in
      driver.acknowledge()
      driver.write(.device, 4, 0, 4)
      _ = driver.read(.common, 0x15, 1)
      driver.note("events", driver.read(.device, 0, 4))
      _ = driver.read(.common, 0x15, 1)
      driver.note("status", driver.status)
    },
    CrossCase("a driver that has failed goes on", breaks: [.init15], shows: ["status 0x83"]) {
      driver in
      driver.acknowledge()
      _ = driver.readFeatures()
      driver.writeStatus(0x83)
      driver.writeFeatures(CrossDriver.version1)
      driver.note("status", driver.status)
    },
  ]
}
