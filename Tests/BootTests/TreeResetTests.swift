import Testing
import VirtIOTesting

/// Trees that are refused, by the ids of the catalogue of hostile devices: the kernel says why and switches the
/// machine off, and when it is reset and has its own tree again, the same kernel shows the picture.
@Suite struct TreeResetTests {
  /// A word of the tree, by its offset.
  private static func word(_ offset: Int, _ bytes: [UInt8]) -> UInt32 {
    (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) }
  }

  private static func put(_ value: UInt32, at offset: Int, _ bytes: inout [UInt8]) {
    for byte in 0..<4 {
      bytes[offset + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * byte))
    }
  }

  private static let faults: [TreeFault] = [
    TreeFault(name: "F03: cut in the middle of the structure") { bytes in
      put(word(8, bytes) + word(36, bytes) / 2, at: 4, &bytes)
    },
    TreeFault(name: "F07: version 16") { put(16, at: 20, &$0) },
    TreeFault(name: "F07: readable from version 18 on") { put(18, at: 24, &$0) },
    TreeFault(name: "F11, M17: as many levels as there is room for") { bytes in
      let start = Int(word(8, bytes))
      for offset in stride(from: start, to: start + Int(word(36, bytes)) - 8, by: 8) {
        guard offset + 8 <= bytes.count else { break }
        put(1, at: offset, &bytes)
        put(0, at: offset + 4, &bytes)
      }
    },
    TreeFault(name: "F16: addresses of five words") { bytes in
      let start = Int(word(8, bytes))
      let strings = Int(word(12, bytes))
      let name = Array("#address-cells\0".utf8)
      guard
        let place = (strings..<bytes.count - name.count).first(where: {
          bytes[$0...].starts(with: name)
        }),
        let property = stride(from: start, to: strings - 16, by: 4).first(where: {
          word($0, bytes) == 3 && word($0 + 4, bytes) == 4
            && word($0 + 8, bytes) == UInt32(place - strings)
        })
      else { return }
      put(5, at: property + 12, &bytes)
    },
  ]

  @Test(
    "F03, F07, F11, F16, M17: a tree is refused in words; after a reset with a good one, the picture",
    arguments: faults)
  func recovers(_ fault: TreeFault) async throws {
    var machine = try fault.configuration(image: "TestCard")
    // The machine stays when it is switched off, as one does that has a button.
    machine.extraArguments += ["-action", "reboot=reset,shutdown=pause"]
    machine.gpus = [MachineShape.gpu()]
    try await MachineSlots.shared.run(machine) { machine in
      try await fault.boot(machine)
      let panic = try #require(await machine.serial.first { $0.saysPanic })
      #expect(panic.text.contains("no usable device tree"))
      while try await machine.qmp.execute("query-status")["status"]?.string != "shutdown" {
        try await Task.sleep(for: .milliseconds(10))
      }
      try await machine.qmp.execute("system_reset")
      try await machine.resume()
      _ = try #require(await machine.serial.first { $0.text == "TESTCARD READY" })
      let picture = try await machine.picture(gpu: 0, head: 0)
      #expect(
        TestCardPicture.difference(picture, scanout: 0, width: 640, height: 480) == nil)
      #expect(machine.serial.lines.count { $0.saysPanic } == 1)
    }
  }
}
