import KernelBoot
import VirtBoard

/// The functions of memory.S, against what they should do to each byte, and to those around.
enum MemoryChecks {
  private static func failure(_ place: Int, _ count: Int, at target: Int, _ source: Int = 0)
    -> SelfTest.Result
  {
    .failed("\(count) bytes at \(target), source \(source): byte \(place) is wrong")
  }

  static func set(in arena: Arena) -> SelfTest.Result {
    var checkCount = 0
    arena.reset(0..<1024)
    for target in 256..<320 {
      for count in 0..<300 {
        for half: UInt8 in 0..<2 {
          let value = half &* 0xa5
          let changed = target..<target + count
          // SAFETY: the range lies in the arena.
          unsafe memset(arena.base + target, Int32(value) | 0x100, count)
          let near = target - 64..<target + count + 64
          if let wrong = arena.firstWrong(in: near, changed: changed, value: value) {
            return failure(wrong, count, at: target)
          }
          arena.reset(changed)
          checkCount += 1
        }
      }
    }
    return .passed(checkCount)
  }

  /// Lengths around those that `dc zva` clears as blocks of up to 2 KiB.
  static func setBlocks(in arena: Arena) -> SelfTest.Result {
    var checkCount = 0
    arena.reset(0..<Arena.byteCount)
    for target in stride(from: 2048, to: 4096, by: 61) {
      for power in 6...13 {
        for more in -1...2 {
          let count = 1 << power &+ (more == 2 ? 77 : more)
          let changed = target..<target + count
          // SAFETY: the range lies in the arena.
          unsafe memset(arena.base + target, 0, count)
          let near = target - 2048..<target + count + 2048
          if let wrong = arena.firstWrong(in: near, changed: changed, value: 0) {
            return failure(wrong, count, at: target)
          }
          arena.reset(changed)
          checkCount += 1
        }
      }
    }
    return .passed(checkCount)
  }

  static func copy(in arena: Arena) -> SelfTest.Result {
    var checkCount = 0
    let sources: InlineArray<4, Int> = [2048, 2049, 2055, 2060]
    arena.reset(0..<4096)
    for target in 256..<320 {
      for count in 0..<300 {
        for index in sources.indices {
          let source = sources[index]
          let changed = target..<target + count
          // SAFETY: the ranges lie in the arena.
          unsafe memcpy(arena.base + target, arena.base + source, count)
          let near = target - 64..<target + count + 64
          if let wrong = arena.firstWrong(in: near, changed: changed, source: source) {
            return failure(wrong, count, at: target, source)
          }
          arena.reset(changed)
          checkCount += 1
        }
      }
    }
    return .passed(checkCount)
  }

  /// Moves over distances that overlap, both ways.
  static func move(in arena: Arena) -> SelfTest.Result {
    var checkCount = 0
    let distances: InlineArray<9, Int> = [0, 1, 8, 15, 16, 17, 40, 64, 65]
    arena.reset(0..<1024)
    for target in 256..<272 {
      for index in 0..<18 {
        let distance = index & 1 == 0 ? distances[index / 2] : -distances[index / 2]
        for count in 0..<300 {
          let changed = target..<target + count
          // SAFETY: the ranges lie in the arena.
          unsafe memmove(arena.base + target, arena.base + (target - distance), count)
          let near = target - 64..<target + count + 64
          if let wrong = arena.firstWrong(in: near, changed: changed, source: target - distance) {
            return failure(wrong, count, at: target, target - distance)
          }
          arena.reset(changed)
          checkCount += 1
        }
      }
    }
    return .passed(checkCount)
  }
}
