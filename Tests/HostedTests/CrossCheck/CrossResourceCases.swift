import VirtIO
import VirtIOTesting

/// Resources, their pixels and what shows them: what a device answers to good and bad commands.
enum CrossResourceCases {
  static let all = resources + pixels + scanouts

  // MARK: Resources

  private static let resources = [
    CrossCase(
      "resources that cannot be made", breaks: [.gpuD16, .modelGpu2, .modelGpu4],
      shows: [
        "good 0x1100", "twice 0x1203", "zero 0x1203", "format 0x1205", "format 0x1205",
        "huge 0x1201",
      ]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.ask("good", CrossCommand.create(1, 4, 4))
      queue.ask("twice", CrossCommand.create(1, 4, 4))
      queue.ask("zero", CrossCommand.create(0, 4, 4))
      queue.ask("format", CrossCommand.create(2, 4, 4, format: 9))
      queue.ask("format", CrossCommand.create(2, 4, 4, format: 0))
      queue.ask("huge", CrossCommand.create(2, 0x4000, 0x4000))
    },
    CrossCase(
      "all formats of the specification",
      shows: [1, 2, 3, 4, 67, 68, 121, 134].map { "format \($0) 0x1100" }
    ) { driver in
      let queue = try driver.bringUp().control
      for format in [1, 2, 3, 4, 67, 68, 121, 134] as [UInt32] {
        queue.ask("format \(format)", CrossCommand.create(format, 4, 4, format: format))
      }
    },
    CrossCase(
      "a resource of no width", breaks: [.modelGpu4],
      qemu: ["empty 0x1100"], model: ["empty 0x1205"],
      because: "the specification says nothing of it; the model takes the stricter side"
    ) { driver in
      try driver.bringUp().control.ask("empty", CrossCommand.create(2, 0, 4))
    },
    CrossCase(
      "resources that are not there", breaks: [.modelGpu2],
      shows: ["unref", "attach", "detach", "transfer", "scanout", "flush"].map { "\($0) 0x1203" }
    ) { driver in
      let queue = try driver.bringUp().control
      let page = try driver.allocate(4096).deviceAddress.rawValue
      queue.ask("unref", CrossCommand.unref(9))
      queue.ask("attach", CrossCommand.attach(9, page, 4096))
      queue.ask("detach", CrossCommand.detach(9))
      queue.ask("transfer", CrossCommand.transfer(9, 1, 1))
      queue.ask("scanout", CrossCommand.setScanout(0, 9, 16, 16))
      queue.ask("flush", CrossCommand.flush(9, 1, 1))
    },
    CrossCase(
      "a resource that was given up, and one that a reset took", breaks: [.modelGpu2],
      shows: ["unref 0x1100", "flush 0x1203", "again 0x1100", "anew 0x1100"]
    ) { driver in
      let queue = try CrossCommandCases.started(driver)
      queue.send(CrossCommand.setScanout(0, 1, 64, 48))
      queue.ask("unref", CrossCommand.unref(1))
      queue.ask("flush", CrossCommand.flush(1, 64, 48))
      queue.ask("again", CrossCommand.create(1, 4, 4))
      driver.reset()
      try driver.bringUp().control.ask("anew", CrossCommand.create(1, 4, 4))
    },
    CrossCase(
      "backing twice, in the wrong number, of no memory, and none to take away",
      breaks: [.modelGpu2, .gpuD17, .rfb5, .gpuD6],
      shows: [
        "twice 0x1200", "detach 0x1100", "detach 0x1200", "count 0x1200", "count 0x1200",
        "nowhere 0x1200", "none 0x1100", "detach 0x1200", "good 0x1100",
      ]
    ) { driver in
      let queue = try CrossCommandCases.started(driver)
      let page = try driver.allocate(4096).deviceAddress.rawValue
      queue.ask("twice", CrossCommand.attach(1, page, 4096))
      queue.ask("detach", CrossCommand.detach(1))
      queue.ask("detach", CrossCommand.detach(1))
      queue.ask("count", CrossCommand.attach(1, page, 4096, entries: 2))
      queue.ask("count", CrossCommand.attach(1, page, 4096, entries: .max))
      queue.ask("nowhere", CrossCommand.attach(1, 0xffff_f000_0000_0000, 0x4000))
      queue.ask("none", CrossCommand.of(0x106, [1, 0]))
      queue.ask("detach", CrossCommand.detach(1))
      queue.ask("good", CrossCommand.attach(1, page, 4096))
    },
  ]

  // MARK: Pixels

  private static let pixels = [
    CrossCase(
      "transfers and flushes outside the resource, and without backing",
      breaks: [.modelGpu3, .gpuD6],
      shows: [
        "good 0x1100", "wide 0x1205", "right 0x1205", "wrapped 0x1205", "flush 0x1205",
        "right 0x1205", "unshown 0x1100", "unbacked 0x1200",
      ]
    ) { driver in
      let queue = try CrossCommandCases.started(driver)
      queue.ask("good", CrossCommand.transfer(1, 64, 48))
      queue.ask("wide", CrossCommand.transfer(1, 65, 1))
      queue.ask("right", CrossCommand.transfer(1, x: 60, 5, 1))
      queue.ask("wrapped", CrossCommand.transfer(1, x: .max, 2, 1))
      queue.ask("flush", CrossCommand.flush(1, 64, 49))
      queue.ask("right", CrossCommand.flush(1, x: 64, 1, 1))
      queue.ask("unshown", CrossCommand.flush(1, 64, 48))
      queue.send(CrossCommand.detach(1))
      queue.ask("unbacked", CrossCommand.transfer(1, 64, 48))
    },
    CrossCase(
      "transfers beyond the backing", breaks: [.modelGpu5],
      qemu: ["beyond 0x1100"], model: ["beyond 0x1205"],
      because: "QEMU copies what there is; the model refuses to guess the rest"
    ) { driver in
      let queue = try CrossCommandCases.started(driver)
      queue.ask("beyond", CrossCommand.transfer(1, 64, 48, offset: 4))
    },
    CrossCase(
      "rectangles without pixels", breaks: [.modelGpu3],
      qemu: ["transfer 0x1100", "flush 0x1100"], model: ["transfer 0x1205", "flush 0x1205"],
      because: "the specification says nothing of them; the model takes the stricter side"
    ) { driver in
      let queue = try CrossCommandCases.started(driver)
      queue.ask("transfer", CrossCommand.transfer(1, 0, 48))
      queue.ask("flush", CrossCommand.flush(1, 64, 0))
    },
  ]

  // MARK: Scanouts

  private static let scanouts = [
    CrossCase(
      "scanouts that there are not, and rectangles outside", breaks: [.gpuD5, .gpuD15],
      shows: [
        "scanout 0x1202", "off 0x1202", "wide 0x1205", "right 0x1205", "good 0x1100", "off 0x1100",
        "off 0x1100",
      ]
    ) { driver in
      let queue = try CrossCommandCases.started(driver)
      queue.ask("scanout", CrossCommand.setScanout(1, 1, 64, 48))
      queue.ask("off", CrossCommand.setScanout(99, 0, 0, 0))
      queue.ask("wide", CrossCommand.setScanout(0, 1, 65, 48))
      queue.ask("right", CrossCommand.setScanout(0, 1, x: 16, 64, 48))
      queue.ask("good", CrossCommand.setScanout(0, 1, 64, 48))
      queue.ask("off", CrossCommand.setScanout(0, 0, 0, 0))
      queue.ask("off", CrossCommand.setScanout(0, 0, 0, 0))
    },
    CrossCase(
      "a scanout of 15 by 15, and one without backing",
      qemu: ["small 0x1205", "unbacked 0x1200"], model: ["small 0x1100", "unbacked 0x1100"],
      because: "both are limits of QEMU's own"
    ) { driver in
      let queue = try CrossCommandCases.started(driver)
      queue.send(CrossCommand.setScanout(0, 1, 64, 48))
      queue.ask("small", CrossCommand.setScanout(0, 1, 15, 15))
      queue.send(CrossCommand.detach(1))
      queue.ask("unbacked", CrossCommand.setScanout(0, 1, 64, 48))
    },
  ]
}
