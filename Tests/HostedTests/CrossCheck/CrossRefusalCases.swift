import VirtIOTesting

/// Devices that a driver has to leave alone, or that leave the driver alone.
enum CrossRefusalCases {
  /// On a device as it was before VirtIO 1.0, its registers in memory.
  static let legacy = [
    CrossCase(
      "a legacy device is driven", breaks: [.mmio10],
      shows: ["version 0x1", "status 0x3", "offer 0x0"]
    ) { driver in
      driver.note("version", driver.read(.registers, 0x004, 4))
      driver.acknowledge()
      driver.note("status", driver.status)
      driver.write(.offerSelect, 1)
      driver.note("offer", driver.read(.offer))
    }
  ]

  /// In a place where there is no device.
  static let empty = [
    CrossCase(
      "an empty place is driven", breaks: [.mmioInit4],
      qemu: ["type 0x0", "status 0x0", "size 0x0"],
      model: ["type 0x0", "status 0x3", "size 0x40"],
      because: "the specification does not say what else there is in an empty place"
    ) { driver in
      driver.acknowledge()
      driver.note("type", driver.read(.registers, 0x008, 4))
      driver.note("status", driver.status)
      driver.note("size", driver.read(.registers, 0x034, 4))
    }
  ]

  /// On a device that offers ACCESS_PLATFORM.
  static let translated = [
    CrossCase(
      "ACCESS_PLATFORM is declined", breaks: [.rfb3],
      qemu: ["status 0x3"], model: ["status 0xb"],
      because: "a device may fail to work without it, as QEMU does, or go on"
    ) { driver in
      driver.negotiate()
      driver.note("status", driver.status)
    },
    CrossCase(
      "ACCESS_PLATFORM is declined, and VERSION_1 with it", breaks: [.rfb1, .rfb3],
      qemu: ["status 0xb"], model: ["status 0x3"],
      because: "QEMU looks only at drivers that have accepted VERSION_1"
    ) { driver in
      driver.acknowledge()
      _ = driver.readFeatures()
      driver.writeFeatures(0)
      driver.writeStatus(0xb)
      driver.note("status", driver.status)
    },
    CrossCase("ACCESS_PLATFORM is accepted", shows: ["info 0x1101", "info length 0x198"]) {
      driver in
      try driver.bringUp(CrossDriver.accessPlatform).control.ask("info", CrossCommand.displayInfo)
    },
    CrossCase(
      "a device that refuses is driven on", breaks: [.feat1, .rfb3, .init11],
      shows: ["status 0x3", "status 0x7"]
    ) { driver in
      // QEMU refuses because ACCESS_PLATFORM is missing, the model because of what it did not offer.
      driver.negotiate(CrossDriver.packed)
      driver.note("status", driver.status)
      driver.writeStatus(0x7)
      driver.note("status", driver.status)
    },
  ]
}
