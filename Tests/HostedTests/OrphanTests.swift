import Foundation
import Testing
import VirtIO
import VirtIOTesting

/// What becomes of QEMU when whoever started it comes to an end.
@Suite struct OrphanTests {
  /// How a process is; empty if there is none.
  private static func state(of processIdentifier: Int32) async throws -> String {
    try await Command("ps", ["-o", "stat=", "-p", "\(processIdentifier)"]).collect().text
  }

  private static func hasEnded(_ processIdentifier: Int32) async throws -> Bool {
    for _ in 0..<500 {
      let state = try await state(of: processIdentifier)
      // One that has ended is listed as long as nobody has asked how.
      if state.isEmpty || state.hasPrefix("Z") { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  private static func removeFolders(of processIdentifier: String) {
    let files = FileManager.default
    for name in (try? files.contentsOfDirectory(atPath: "/tmp")) ?? []
    where name.hasPrefix("virtio-vm-\(processIdentifier)-") {
      try? files.removeItem(atPath: "/tmp/\(name)")
    }
  }

  @Test("a QEMU does not outlive a program that is killed")
  func killed() async throws {
    let result = try #require(
      await #expect(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
        try await HostedMachine.run(HostedMachine.configuration()) { machine in
          print("QEMU \(machine.qemu.processIdentifier) of \(getpid())")
          fflush(nil)
          kill(getpid(), SIGKILL)
        }
      })
    let text = String(decoding: result.standardOutputContent, as: UTF8.self)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("QEMU ") })
    let words = line.split(separator: " ").map(String.init)
    try #require(words.count == 4)
    // Nobody is left to remove the folder of the run.
    defer { Self.removeFolders(of: words[3]) }
    #expect(try await Self.hasEnded(try #require(Int32(words[1]))))
  }

  @Test(
    "a QEMU does not outlive a task that is cancelled, even if it blocks", arguments: [false, true])
  func cancelled(blocks: Bool) async throws {
    let (identifiers, sender) = AsyncStream.makeStream(of: Int32.self)
    let task = Task {
      try await HostedMachine.run(HostedMachine.configuration()) { machine in
        sender.yield(machine.qemu.processIdentifier)
        if blocks { sleep(600) } else { try await Task.sleep(for: .seconds(600)) }
      }
    }
    var iterator = identifiers.makeAsyncIterator()
    let identifier = try #require(await iterator.next())
    task.cancel()
    await #expect(throws: (any Error).self) { try await task.value }
    #expect(try await Self.hasEnded(identifier))
  }
}
