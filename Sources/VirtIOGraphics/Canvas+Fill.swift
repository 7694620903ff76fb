extension Canvas {
  /// Fills the whole clip with `color`, alpha included.
  @_lifetime(self: copy self)
  public mutating func fill(_ color: Color) {
    fill(limits, with: color)
  }

  /// Fills `rectangle` with `color`: it replaces what was there, alpha included.
  @_lifetime(self: copy self)
  public mutating func fill(_ rectangle: Rectangle, with color: Color) {
    let area = limits.intersection(rectangle)
    note(area)
    let pattern = SIMD16<UInt32>(repeating: layout.encode(color))
    if area.width == stride {
      // Whole rows without a gap are one long run.
      fillRun(at: area.y &* stride, count: area.width &* area.height, with: pattern)
      return
    }
    for y in area.y..<area.maxY {
      fillRun(at: y &* stride &+ area.x, count: area.width, with: pattern)
    }
  }

  /// Draws the outline of `rectangle`, `thickness` pixels wide and inside of it.
  @_lifetime(self: copy self)
  public mutating func outline(_ rectangle: Rectangle, thickness: Int = 1, with color: Color) {
    let inner = rectangle.expanded(by: 0.subtracting(saturating: max(0, thickness)))
    if inner.isEmpty { return fill(rectangle, with: color) }
    let (left, right) = (rectangle.x, rectangle.maxX)
    fill(Rectangle(minX: left, minY: rectangle.y, maxX: right, maxY: inner.y), with: color)
    fill(Rectangle(minX: left, minY: inner.maxY, maxX: right, maxY: rectangle.maxY), with: color)
    fill(Rectangle(minX: left, minY: inner.y, maxX: inner.x, maxY: inner.maxY), with: color)
    fill(Rectangle(minX: inner.maxX, minY: inner.y, maxX: right, maxY: inner.maxY), with: color)
  }

  /// Writes `count` words from `start` on, repeating `pattern`, whose first word lands on `start`.
  ///
  /// The caller has clipped: the run lies on the surface. A turn checks its range once and stores it by
  /// vector registers; most of a long run goes by turns of 256 words (seen in the disassembly: 32
  /// stores of two registers among 49 instructions).
  @_lifetime(self: copy self)
  mutating func fillRun(at start: Int, count: Int, with pattern: SIMD16<UInt32>) {
    var position = start
    let end = start &+ count
    let double = SIMD32(lowHalf: pattern, highHalf: pattern)
    let block = SIMD64(lowHalf: double, highHalf: double)
    while end &- position >= 256 {
      var words = pixels._mutatingExtracting(position..<position &+ 256)
      // Whatever the bytes are, they make words.
      var bytes = MutableRawSpan(_elements: &words)
      bytes.storeBytes(of: block, toByteOffset: 0, as: SIMD64<UInt32>.self)
      bytes.storeBytes(of: block, toByteOffset: 256, as: SIMD64<UInt32>.self)
      bytes.storeBytes(of: block, toByteOffset: 512, as: SIMD64<UInt32>.self)
      bytes.storeBytes(of: block, toByteOffset: 768, as: SIMD64<UInt32>.self)
      position &+= 256
    }
    while end &- position >= 64 {
      pixels.store(block, at: position)
      position &+= 64
    }
    while end &- position >= 16 {
      pixels.store(pattern, at: position)
      position &+= 16
    }
    var lane = 0
    while position < end {
      pixels[position] = pattern[lane & 15]
      position &+= 1
      lane &+= 1
    }
  }
}

extension MutableSpan<UInt32> {
  /// Stores as many words as a vector has, the first here.
  @inline(__always)
  @_lifetime(self: copy self)
  mutating func store(_ words: SIMD16<UInt32>) {
    var bytes = MutableRawSpan(_elements: &self)
    bytes.storeBytes(of: words, as: SIMD16<UInt32>.self)
  }

  /// Stores as many words as a vector has, the first at `position`.
  @inline(__always)
  @_lifetime(self: copy self)
  mutating func store<Words: SIMD & BitwiseCopyable>(_ words: Words, at position: Int)
  where Words.Scalar == UInt32 {
    var target = _mutatingExtracting(position..<position &+ words.scalarCount)
    var bytes = MutableRawSpan(_elements: &target)
    bytes.storeBytes(of: words, as: Words.self)
  }
}
