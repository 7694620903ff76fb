import Testing
import VirtIOTesting

/// What only the machine can check: the image SelfTest checks it and says so.
@Suite struct SelfTestTests {
  /// QEMU's real-time clock, a PL031: the tree names it, and no part of the kernel maps it.
  private static let clock = 0x901_0000

  private static func run(_ arguments: String, cpu: String? = nil) async throws -> [String] {
    var machine = MachineConfiguration(image: try Repository.image("SelfTest"))
    machine.gpus = []
    machine.cpu = cpu
    machine.append = arguments
    return try await MachineSlots.shared.run(machine, deadline: .seconds(300)) { machine in
      try await machine.waitUntilEnded()
      #expect(machine.guestErrors() == [])
      return machine.serial.lines.map(\.text)
    }
  }

  // One whose blocks for `dc zva` are larger, and lines too, besides the usual one.
  @Test(
    "S5, S14: zeroing, copying, delays, cache maintenance and page tables on the machine itself",
    arguments: ["cortex-a72", "a64fx"])
  func everyCheck(cpu: String) async throws {
    let lines = try await Self.run("device=\(Self.clock)", cpu: cpu)
    let line = cpu == "a64fx" ? 256 : 64
    // A PL031 says 0x31, of which the number in decimal is 49.
    #expect(
      lines == [
        "SELFTEST memset n=38400", "SELFTEST memset by blocks n=1088", "SELFTEST memcpy n=76800",
        "SELFTEST memmove n=86400", "SELFTEST data cache n=\(line)", "SELFTEST delay n=4",
        "SELFTEST clock n=100000", "SELFTEST address space n=6", "SELFTEST device n=49",
        "SELFTEST READY",
      ])
  }

  @Test("S5, S14: the images have the instructions that the checks are of")
  func instructions() async throws {
    let driver = try await Self.code("Minimal")
    for instruction in [/\tldarh\t/, /\tstlrh\t/, /\tdmb\tosh\n/] {
      #expect(driver.contains(instruction))
    }
    let kernel = try await Self.code("SelfTest")
    let maintenance = [
      /\tdc\s+zva,/, /\tdc\s+cvac,/, /\tdc\s+ivac,/, /\tdc\s+civac,/, /\tdsb\tsy\n/, /\tisb\n/,
      /\ttlbi\s+vaae1is,/, /\tdsb\tishst\n/,
    ]
    for instruction in maintenance { #expect(kernel.contains(instruction)) }
  }

  private static func code(_ image: String) async throws -> String {
    try await Command(
      Toolchain.tool("llvm-objdump"), ["-d", "--no-show-raw-insn", Repository.image(image)]
    ).collect().text
  }

  @Test("a device's page that was unmapped is not there any more")
  func unmappedPage() async throws {
    let lines = try await Self.run("device=\(Self.clock) touch=1")
    let panics = lines.filter { $0.hasPrefix("PANIC:") }
    #expect(panics.count == 1 && lines.contains("SELFTEST device n=49"), "\(lines)")
    #expect(panics.allSatisfy { !$0.contains("but read") })
    #expect(lines.contains { $0.contains("9010fe0") })
  }
}
