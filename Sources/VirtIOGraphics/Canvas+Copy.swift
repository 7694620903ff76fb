extension Canvas {
  /// Copies rows of words that are already in this canvas's format, the first to (`x`, `y`).
  ///
  /// - Parameters:
  ///   - source: the rows, one after the other; a last incomplete one is left out.
  ///   - width: the number of words in a row.
  ///   - x: the column of the leftmost word.
  ///   - y: the row of the first row.
  @_lifetime(self: copy self)
  public mutating func copy(_ source: Span<UInt32>, width: Int, x: Int, y: Int) {
    guard width > 0 else { return }
    let whole = Rectangle(x: x, y: y, width: width, height: source.count / width)
    let area = limits.intersection(whole)
    note(area)
    for row in area.y..<area.maxY {
      // A difference within `whole` fits, however far outside `whole` itself begins.
      let start = (row &- y) &* width &+ (area.x &- x)
      copyRun(
        source.extracting(start..<start &+ area.width), to: row &* stride &+ area.x)
    }
  }

  /// Copies words, the first to `start`. The caller has clipped: the run lies on the surface.
  ///
  /// A turn checks its ranges once, then loads and stores by vector registers.
  @_lifetime(self: copy self)
  private mutating func copyRun(_ words: Span<UInt32>, to start: Int) {
    var index = 0
    while words.count &- index >= 64 {
      let block = words.extracting(index..<index &+ 64)
      // Always so. The compiler learns it here, and checks no index below.
      guard block.count == 64 else { return }
      var target = pixels._mutatingExtracting(start &+ index..<start &+ index &+ 64)
      target.store(block.vector(at: 0), at: 0)
      target.store(block.vector(at: 16), at: 16)
      target.store(block.vector(at: 32), at: 32)
      target.store(block.vector(at: 48), at: 48)
      index &+= 64
    }
    while words.count &- index >= 16 {
      pixels.store(words.block(at: index), at: start &+ index)
      index &+= 16
    }
    while index < words.count {
      pixels[start &+ index] = words[index]
      index &+= 1
    }
  }
}

extension Span<UInt32> {
  /// Sixteen words from `start` on, which are there.
  @inline(__always)
  func block(at start: Int) -> SIMD16<UInt32> {
    let block = extracting(start..<start &+ 16)
    // Always so. The compiler learns it here, and checks no index below.
    guard block.count == 16 else { return SIMD16() }
    return block.vector(at: 0)
  }

  /// Sixteen loads that the compiler joins, if it knows the length of a block where this is inlined.
  @inline(__always)
  func vector(at start: Int) -> SIMD16<UInt32> {
    // A function for the sum: as sixteen in one expression it takes the compiler seconds to check.
    @inline(__always) func word(_ lane: Int) -> UInt32 { self[start &+ lane] }
    return SIMD16(
      word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7), word(8), word(9),
      word(10), word(11), word(12), word(13), word(14), word(15))
  }
}
