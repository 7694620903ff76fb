import Foundation
import Testing
import VirtIOTesting

/// A machine that a debugger connects to.
@Suite struct DebuggerTests {
  @Test("a stopped machine answers a debugger, and goes on when it says so")
  func stub() async throws {
    let folder = try TemporaryFolder()
    // MOV X0, #42, and a branch to itself.
    try Data([0x40, 0x05, 0x80, 0xD2, 0x00, 0x00, 0x00, 0x14])
      .write(to: URL(fileURLWithPath: folder.file("idle.img")))
    var configuration = MachineConfiguration(image: folder.file("idle.img"))
    configuration.hasDebugger = true
    configuration.startsStopped = true
    try await MachineSlots.shared.run(configuration) { machine in
      let status = try await machine.qmp.execute("query-status")
      #expect(status["running"] == .boolean(false))
      let port = try await machine.debuggerPort()
      // Why it has stopped, and the first bytes of the image where QEMU puts one without a header.
      #expect(try await Self.ask("?", at: port, count: 5) == "+$T05")
      #expect(try await Self.ask("m40080000,8", at: port, count: 18) == "+$400580d200000014")
      _ = try await Self.ask("c", at: port, count: 1)
      let later = try await machine.qmp.execute("query-status")
      #expect(later["running"] == .boolean(true))
    }
    withExtendedLifetime(folder) {}
  }

  /// Sends one packet of the debugger's protocol, and returns the first characters that come back.
  private static func ask(_ packet: String, at port: UInt16, count: Int) async throws -> String {
    let sum = packet.utf8.reduce(UInt8(0), &+)
    let digits = (sum < 16 ? "0" : "") + String(sum, radix: 16)
    let script = """
      exec 3<>/dev/tcp/127.0.0.1/\(port)
      printf '%s' '$\(packet)#\(digits)' >&3
      IFS= read -r -t 30 -n \(count) answer <&3
      printf '%s' "$answer"
      """
    return try await Command("bash", ["-c", script]).collect().text
  }

  @Test("a machine without a debugger's port says so")
  func noPort() async throws {
    let folder = try TemporaryFolder()
    try Data([0x00, 0x00, 0x00, 0x14]).write(to: URL(fileURLWithPath: folder.file("idle.img")))
    let configuration = MachineConfiguration(image: folder.file("idle.img"))
    let error = await #expect(throws: QEMUError.self) {
      try await MachineSlots.shared.run(configuration) { try await $0.debuggerPort() }
    }
    #expect(error?.description.contains("without a debugger's port") == true)
    withExtendedLifetime(folder) {}
  }

  @Test("the lines to paste name the file with the symbols, in quotes if it needs them")
  func lines() {
    let plain = DebuggerLines(image: "build/aarch64/TestCard.img", port: 4321)
    #expect(
      plain.gdb == "gdb-multiarch build/aarch64/TestCard.elf -ex 'target remote 127.0.0.1:4321'")
    #expect(plain.lldb == "lldb build/aarch64/TestCard.elf -o 'gdb-remote 127.0.0.1:4321'")
    let odd = DebuggerLines(image: "/a b/it's.elf", port: 1)
    #expect(odd.lldb == "lldb '/a b/it'\\''s.elf' -o 'gdb-remote 127.0.0.1:1'")
  }
}
