import KernelAArch64
import VirtBoard

/// The instructions that maintain the data cache run, and lose nothing that they must keep.
enum CacheChecks {
  static func maintain(_ arena: Arena) -> SelfTest.Result {
    let line = DataCache.lineByteCount
    guard line >= 16, line <= 2048, line & (line - 1) == 0, DataCache.granuleByteCount >= line
    else { return .failed("a line of \(line) bytes") }
    let start = unsafe UInt(bitPattern: arena.base)
    let firsts: InlineArray<5, Int> = [0, 1, line - 1, line, line + 1]
    let counts: InlineArray<7, Int> = [0, 1, line - 1, line, line + 1, 3 * line, 4000]
    for place in firsts.indices {
      for index in counts.indices {
        let (first, count) = (firsts[place], counts[index])
        arena.reset(0..<Arena.byteCount)
        DataCache.clean(start + UInt(first), byteCount: count)
        DataCache.cleanAndInvalidate(start + UInt(first), byteCount: count)
        // What was written back is there; what is around was not changed by dropping this.
        DataCache.invalidate(start + UInt(first), byteCount: count)
        if let wrong = arena.firstWrong(in: 0..<Arena.byteCount, changed: 0..<0) {
          return .failed("\(count) bytes at \(first): byte \(wrong) is wrong")
        }
      }
    }
    return .passed(line)
  }
}
