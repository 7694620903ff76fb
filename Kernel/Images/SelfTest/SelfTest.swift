import KernelAArch64
import VirtBoard
import VirtIO

/// Checks on the machine itself what no host can: assembly, caches, page tables, time.
///
/// Each check prints a line; the first that fails is a panic. With `device=ADDRESS` the page of a device
/// that nobody has mapped is mapped, read and unmapped; `touch=1` then reads it once more, which must be
/// a fault.
@main
struct SelfTest {
  static func main() {
    var board = Board()
    guard let memory = board.platform.allocate(byteCount: Arena.byteCount, alignment: 4096) else {
      panic("no memory: expected \(Arena.byteCount) bytes")
    }
    let arena = Arena(memory)
    say("memset", MemoryChecks.set(in: arena))
    say("memset by blocks", MemoryChecks.setBlocks(in: arena))
    say("memcpy", MemoryChecks.copy(in: arena))
    say("memmove", MemoryChecks.move(in: arena))
    say("data cache", CacheChecks.maintain(arena))
    say("delay", TimeChecks.delay())
    say("clock", TimeChecks.isMonotonic())
    say("address space", MappingChecks.refuses(&board))
    if let address = board.arguments.number("device") {
      say("device", MappingChecks.comesAndGoes(address, &board))
      if board.arguments.number("touch") != nil {
        MappingChecks.touch(address, &board)
      }
    }
    printLine("SELFTEST READY")
  }

  /// Says that a check has passed, or why not.
  static func say(_ name: StaticString, _ result: Result) {
    switch result {
    case .passed(let count): printLine("SELFTEST \(name) n=\(count)")
    case .failed(let reason): panic("SELFTEST \(name): \(reason)")
    }
  }

  /// What came of a check.
  enum Result {
    /// It is as it should be, in so many cases.
    case passed(Int)
    /// It is not.
    case failed(Message)
  }
}
