extension Canvas {
  /// Copies rows of words in any format, the first to (`x`, `y`), and makes them words of this canvas's.
  ///
  /// Where the format is this canvas's, as `copy` without one. What has no alpha is opaque.
  ///
  /// - Parameters:
  ///   - source: the rows, one after the other; a last incomplete one is left out.
  ///   - format: how a colour lies in the words of `source`.
  ///   - width: the number of words in a row.
  ///   - x: the column of the leftmost word.
  ///   - y: the row of the first row.
  @_lifetime(self: copy self)
  public mutating func copy(
    _ source: Span<UInt32>, in format: PixelFormat, width: Int, x: Int, y: Int
  ) {
    if format == self.format { return copy(source, width: width, x: x, y: y) }
    guard width > 0 else { return }
    let conversion = PixelConversion(from: format, to: self.format)
    let area = clip.intersection(
      Rectangle(x: x, y: y, width: width, height: source.count / width))
    note(area)
    for row in area.y..<area.maxY {
      // A difference within the rows fits, however far outside they begin.
      let start = (row &- y) &* width &+ (area.x &- x)
      convertRun(
        source.extracting(start..<start &+ area.width), to: row &* stride &+ area.x, conversion)
    }
  }

  /// Converts words, the first to `start`. The caller has clipped: the run lies on the surface.
  @_lifetime(self: copy self)
  private mutating func convertRun(
    _ words: Span<UInt32>, to start: Int, _ conversion: PixelConversion
  ) {
    var index = 0
    while words.count &- index >= 64 {
      let block = words.extracting(index..<index &+ 64)
      guard block.count == 64 else { return }
      var target = pixels._mutatingExtracting(start &+ index..<start &+ index &+ 64)
      target.store(conversion.convert(block.vector(at: 0)), at: 0)
      target.store(conversion.convert(block.vector(at: 16)), at: 16)
      target.store(conversion.convert(block.vector(at: 32)), at: 32)
      target.store(conversion.convert(block.vector(at: 48)), at: 48)
      index &+= 64
    }
    while index < words.count {
      pixels[start &+ index] = conversion.convert(words[index])
      index &+= 1
    }
  }
}
