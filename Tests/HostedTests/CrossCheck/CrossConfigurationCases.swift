import VirtIOTesting

/// The device configuration and configuration space, in the hands of good and bad drivers.
enum CrossConfigurationCases {
  static let all = device + space

  /// The generation and a field between two looks at it.
  private static func field(_ driver: CrossDriver, _ offset: UInt) -> UInt64 {
    _ = driver.read(.common, 0x15, 1)
    defer { _ = driver.read(.common, 0x15, 1) }
    return driver.read(.device, offset, 4)
  }

  // MARK: The device configuration

  private static let device = [
    CrossCase(
      "the fields of a GPU, and that they cannot be written", breaks: [.gpuCfg1, .gpuD5],
      shows: [
        "early scanouts 0x1", "events 0x0", "clear 0x0", "scanouts 0x1", "capsets 0x0",
        "events 0x0", "scanouts 0x1",
      ]
    ) { driver in
      driver.acknowledge()
      driver.note("early scanouts", field(driver, 8))
      driver.negotiate()
      for (name, offset) in [("events", 0), ("clear", 4), ("scanouts", 8), ("capsets", 12)]
        as [(String, UInt)]
      { driver.note(name, field(driver, offset)) }
      driver.write(.device, 0, 1, 4)
      driver.write(.device, 8, 5, 4)
      driver.note("events", field(driver, 0))
      driver.note("scanouts", field(driver, 8))
    },
    CrossCase(
      "a field of a feature that is not offered", breaks: [.cfg4], shows: ["field 0xffffffff"]
    ) { driver in
      driver.negotiate()
      driver.note("field", field(driver, 16))
    },
    CrossCase(
      "a display event: it is raised, counts, and is cleared",
      shows: [
        "raised yes", "generation 0x1", "events 0x1", "events 0x1", "events 0x0",
        "generation 0x1", "width 0x50", "height 0x3c",
      ]
    ) { driver in
      let control = try driver.bringUp().control
      try driver.resize(64, 48)
      _ = driver.wait { field(driver, 0) != 0 }
      driver.write(.device, 4, 1, 4)
      _ = driver.interruptStatus
      let generation = driver.read(.common, 0x15, 1)
      try driver.resize(80, 60)
      driver.note("raised", driver.wait { field(driver, 0) != 0 })
      driver.note("generation", (driver.read(.common, 0x15, 1) &- generation) & 0xff)
      // Bits that are 0 clear nothing.
      driver.note("events", field(driver, 0))
      driver.write(.device, 4, 0, 4)
      driver.note("events", field(driver, 0))
      driver.write(.device, 4, 1, 4)
      driver.note("events", field(driver, 0))
      driver.note("generation", (driver.read(.common, 0x15, 1) &- generation) & 0xff)
      control.send(CrossCommand.displayInfo)
      driver.note("width", UInt64(control.response(8..<9)[0]))
      driver.note("height", UInt64(control.response(9..<10)[0]))
    },
    CrossCase(
      "a display event interrupts",
      qemu: ["interrupt 0x3", "interrupt 0x0"], model: ["interrupt 0x2", "interrupt 0x0"],
      because: "QEMU always says with it that a buffer may have been used, which costs a look"
    ) { driver in
      _ = try driver.bringUp()
      try driver.resize(90, 70)
      _ = driver.wait { field(driver, 0) != 0 }
      driver.note("interrupt", driver.interruptStatus)
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "an event is cleared that was not read", breaks: [.gpuD4], shows: ["events 0x0"]
    ) { driver in
      _ = try driver.bringUp()
      try driver.resize(70, 50)
      _ = driver.wait { driver.interruptStatus != 0 }
      driver.write(.device, 4, 1, 4)
      driver.note("events", field(driver, 0))
    },
  ]

  // MARK: Configuration space

  /// Sets the window on the common configuration.
  private static func setWindow(_ driver: CrossDriver, _ offset: UInt64, _ length: UInt64) {
    let bar = driver.read(.configuration, driver.commonCapability + 4, 1)
    let start = driver.read(.configuration, driver.commonCapability + 8, 4)
    driver.write(.configuration, driver.window + 4, bar, 1)
    driver.write(.configuration, driver.window + 12, length, 4)
    driver.write(.configuration, driver.window + 8, start + offset, 4)
  }

  private static let space = [
    CrossCase("a function that there is not reads as ones", shows: ["identity 0xffffffff"]) {
      driver in
      driver.note("identity", driver.read(.configuration, 20 << 15, 4))
    },
    CrossCase("a capability is written", breaks: [.pciCap8], shows: ["changed no"]) { driver in
      let place = driver.commonCapability + 8
      let value = driver.read(.configuration, place, 4)
      driver.write(.configuration, place, ~value & 0xffff_ffff, 4)
      driver.note("changed", driver.read(.configuration, place, 4) != value)
    },
    CrossCase(
      "the window on the BARs, and with a length of 3", breaks: [.pciCfgaccD1],
      shows: ["queues 0x2", "status 0x1", "data 0x2"]
    ) { driver in
      driver.reset()
      setWindow(driver, 0x14, 1)
      driver.write(.configuration, driver.window + 16, 1, 1)
      let status = driver.status
      setWindow(driver, 0x12, 2)
      driver.note("queues", driver.read(.configuration, driver.window + 16, 4))
      driver.note("status", status)
      setWindow(driver, 0x15, 3)
      driver.note("data", driver.read(.configuration, driver.window + 16, 4))
    },
    CrossCase(
      "the window at an offset that is no multiple of its length",
      breaks: [.pciCfgacc1, .pciCfgacc2],
      qemu: ["queues 0x2", "data 0x40"], model: ["queues 0x2", "data 0x2"],
      because: "QEMU rounds the offset down; the model does not access anything"
    ) { driver in
      driver.negotiate()
      setWindow(driver, 0x12, 2)
      driver.note("queues", driver.read(.configuration, driver.window + 16, 4))
      setWindow(driver, 0x19, 2)
      driver.note("data", driver.read(.configuration, driver.window + 16, 4))
    },
  ]
}
