import VirtIO
import VirtIOTesting

/// Commands of the GPU: what a device answers to good and bad ones.
enum CrossCommandCases {
  static let all = answers + others

  /// A device in service, and a resource of 64 by 48 pixels with backing.
  static func started(_ driver: CrossDriver) throws -> CrossQueue {
    let queue = try driver.bringUp().control
    let backing = try driver.allocate(64 * 48 * 4)
    queue.send(CrossCommand.create(1, 64, 48))
    queue.send(CrossCommand.attach(1, backing.deviceAddress.rawValue, UInt32(backing.byteCount)))
    queue.send(CrossCommand.displayInfo)
    return queue
  }

  // MARK: Answers

  private static let answers = [
    CrossCase(
      "the layout of the display information",
      shows: [
        "type 0x1101", "flags 0x0", "fence 0x0", "x 0x0", "y 0x0", "width 0x40", "height 0x30",
        "enabled 0x1", "mode flags 0x0", "others zero yes",
      ]
    ) { driver in
      let queue = try driver.bringUp().control
      try driver.resize(64, 48)
      _ = driver.wait {
        queue.send(CrossCommand.displayInfo)
        return queue.response(8..<9) == [64]
      }
      let words = queue.response(0..<102)
      for (name, index) in [
        ("type", 0), ("flags", 1), ("fence", 2), ("x", 6), ("y", 7), ("width", 8), ("height", 9),
        ("enabled", 10), ("mode flags", 11),
      ] { driver.note(name, UInt64(words[index])) }
      driver.note("others zero", words[12...].allSatisfy { $0 == 0 })
    },
    CrossCase(
      "EDID, with the feature",
      shows: ["edid 0x1104", "edid length 0x420", "size 0x400", "padding 0x0"]
    ) { driver in
      let queue = try driver.bringUp(1 << 1).control
      queue.ask("edid", CrossCommand.edid(0))
      driver.note("size", UInt64(queue.response(6..<7)[0]))
      driver.note("padding", UInt64(queue.response(7..<8)[0]))
    },
    CrossCase(
      "EDID of a scanout that there is not", breaks: [.gpuD5],
      qemu: ["edid 0x1205"], model: ["edid 0x1202"],
      because: "any error type may be the answer; the model names what is wrong"
    ) { driver in
      try driver.bringUp(1 << 1).control.ask("edid", CrossCommand.edid(1))
    },
    CrossCase(
      "EDID without the feature", breaks: [.gpuD11],
      qemu: ["edid 0x1104", "edid length 0x420"], model: ["edid 0x1200"],
      because: "QEMU does not look whether the feature was agreed"
    ) { driver in
      try driver.bringUp().control.ask("edid", CrossCommand.edid(0))
    },
    CrossCase(
      "a fence comes back with its command, and none without",
      shows: [
        "type 0x1100", "flags 0x1", "low 0x89abcdef", "high 0x1234567", "flags 0x0", "low 0x0",
      ]
    ) { driver in
      let queue = try started(driver)
      queue.send(CrossCommand.transfer(1, 64, 48, fence: 0x0123_4567_89ab_cdef))
      let words = queue.response(0..<4)
      for (name, word) in zip(["type", "flags", "low", "high"], words) {
        driver.note(name, UInt64(word))
      }
      queue.send(CrossCommand.flush(1, 64, 48))
      driver.note("flags", UInt64(queue.response(1..<2)[0]))
      driver.note("low", UInt64(queue.response(2..<3)[0]))
    },
    CrossCase(
      "a fence that goes back, and padding that is not 0", breaks: [.gpuD10, .modelGpu1],
      shows: ["fence 0x5", "fence 0x4", "unref 0x1100"]
    ) { driver in
      let queue = try started(driver)
      for fence in [5, 4] as [UInt64] {
        queue.send(CrossCommand.transfer(1, 64, 48, fence: fence))
        driver.note("fence", UInt64(queue.response(2..<3)[0]))
      }
      queue.ask("unref", CrossCommand.of(0x102, [1, 7]))
    },
    CrossCase(
      "a response with less room than it needs", breaks: [.gpuD8],
      shows: ["info 0x1101", "next 0x1100"]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.ask("info", CrossCommand.displayInfo, room: 24)
      queue.ask("next", CrossCommand.create(1, 4, 4))
    },
    CrossCase(
      "a request that is cut short", breaks: [.gpuD8, .modelGpu2],
      qemu: ["short 0x1100", "transfer 0x1203"], model: ["short 0x1205", "transfer 0x1203"],
      because: "QEMU says OK without doing it"
    ) { driver in
      let queue = try driver.bringUp().control
      queue.ask("short", CrossCommand.create(1, 4, 4), byteCount: 32)
      queue.ask("transfer", CrossCommand.transfer(1, 4, 4))
    },
    CrossCase(
      "a header that is cut short, and a request after it", breaks: [.gpuD8],
      qemu: ["head 0x2"], model: ["head 0x0"],
      because: "each request has its response; QEMU never gives this one back, and goes on"
    ) { driver in
      let queue = try driver.bringUp().control
      queue.post(CrossCommand.displayInfo, byteCount: 8)
      queue.post(CrossCommand.displayInfo, head: 2)
      queue.publish()
      driver.note("head", UInt64(queue.takeUsed()?.id ?? 99))
    },
  ]

  // MARK: Other commands

  private static let others = [
    CrossCase(
      "commands that there are not, or not without their features",
      breaks: [.modelGpu6, .gpuD12, .gpuD18],
      shows: [
        "unknown 0x1200", "zero 0x1200", "identity 0x1200", "context 0x1200", "submit 0x1200",
      ]
    ) { driver in
      let queue = try driver.bringUp().control
      queue.ask("unknown", CrossCommand.of(0x1ff))
      queue.ask("zero", CrossCommand.of(0))
      queue.ask("identity", CrossCommand.of(0x10b, [1, 0]))
      queue.ask("context", CrossCommand.of(0x200, Array(repeating: 0, count: 18)))
      queue.ask("submit", CrossCommand.of(0x207, [0, 0]))
    },
    CrossCase(
      "blobs and capability sets that there are not", breaks: [.gpuD13, .gpuCaps1],
      qemu: ["blob 0x1205", "set 0x1200"], model: ["blob 0x1200", "set 0x1205"],
      because: "any error type may be the answer"
    ) { driver in
      let queue = try driver.bringUp().control
      queue.ask("blob", CrossCommand.of(0x10c, [1, 1, 0, 0, 0, 0, 0, 0]))
      queue.ask("set", CrossCommand.of(0x108, [0, 0]))
    },
    CrossCase(
      "a ring of a context, without contexts", breaks: [.gpuD9],
      shows: ["ring 0x1101", "ring length 0x198"]
    ) { driver in
      try driver.bringUp().control.ask("ring", CrossCommand.of(0x100, ring: 5))
    },
    CrossCase(
      "a cursor command in the control queue", breaks: [.gpuD1], shows: ["cursor 0x1200"]
    ) { driver in
      try driver.bringUp().control.ask("cursor", CrossCommand.updateCursor(0))
    },
    CrossCase(
      "another command in the cursor queue", breaks: [.gpuD1],
      qemu: ["length 0x0"], model: ["length 0x18"],
      because:
        "QEMU takes it as a cursor command that is cut short, and never answers in that queue"
    ) { driver in
      let cursor = try driver.bringUp().cursor
      driver.note("length", UInt64(cursor.send(CrossCommand.displayInfo)?.byteCount ?? 99))
    },
    CrossCase(
      "cursor commands, without room for responses: good, of no scanout, of no resource",
      breaks: [.gpuD5, .gpuCur1],
      shows: ["length 0x0", "length 0x0", "length 0x0", "interrupt 0x1"]
    ) { driver in
      let cursor = try driver.bringUp().cursor
      for command in [
        CrossCommand.updateCursor(0), CrossCommand.updateCursor(0, scanout: 1),
        CrossCommand.updateCursor(7),
      ] {
        let buffer = cursor.buffer()
        cursor.fill(buffer.request, command)
        cursor.descriptor(0, buffer.request, UInt32(4 * command.count))
        cursor.offer(0)
        cursor.publish()
        driver.note("length", UInt64(cursor.takeUsed()?.byteCount ?? 99))
      }
      driver.note("interrupt", driver.interruptStatus)
    },
    CrossCase(
      "a cursor command with room for a response",
      qemu: ["length 0x0"], model: ["length 0x18"],
      because: "QEMU never answers in the cursor queue"
    ) { driver in
      let cursor = try driver.bringUp().cursor
      driver.note("length", UInt64(cursor.send(CrossCommand.updateCursor(0))?.byteCount ?? 99))
    },
  ]
}
