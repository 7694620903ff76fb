import VirtBoard
import VirtIO

/// Running out of memory: an answer, not a fault.
enum Exhaustion {
  /// All memory that was to be had, in the largest pieces first.
  private struct Hoard {
    var pieces = InlineArray<256, CoherentRegion?>(repeating: nil)
    var count = 0
    var byteCount = 0

    /// Takes memory until there is none: not a page.
    init(of platform: BoardPlatform) {
      var size = 1 << 30
      while size >= 4096, count < pieces.count {
        if let piece = platform.allocate(byteCount: size, alignment: 4096) {
          pieces[count] = piece
          count += 1
          byteCount += size
        } else {
          size /= 2
        }
      }
    }

    /// Gives everything back.
    func free(to platform: BoardPlatform) {
      for index in 0..<count {
        if let piece = pieces[index] { platform.free(piece) }
      }
    }
  }

  /// Takes all memory, and keeps it.
  ///
  /// - Returns: How much that was.
  static func takeAll(of platform: BoardPlatform) -> Int { Hoard(of: platform).byteCount }

  /// How much memory there is.
  static func count(on platform: BoardPlatform) -> Int {
    let hoard = Hoard(of: platform)
    hoard.free(to: platform)
    return hoard.byteCount
  }

  /// Takes all memory, gives it back, and takes it once more.
  static func show(on platform: BoardPlatform) {
    let first = Hoard(of: platform)
    guard platform.allocate(byteCount: 1, alignment: 1) == nil else {
      panic("memory is in too many pieces: expected at most \(first.pieces.count)")
    }
    printLine(
      "FAULTS: memory exhausted after \(first.byteCount >> 20) MiB: out of memory is a value")
    first.free(to: platform)
    let second = Hoard(of: platform)
    guard second.byteCount == first.byteCount else {
      panic("memory was lost: took \(first.byteCount) bytes, then \(second.byteCount)")
    }
    second.free(to: platform)
    printLine("FAULTS: given back and taken again: \(second.byteCount >> 20) MiB")
  }
}
