extension Canvas {
  /// Lays `color` over `rectangle` by its alpha; an opaque colour fills.
  @_lifetime(self: copy self)
  public mutating func blend(_ rectangle: Rectangle, with color: Color) {
    if color.alpha == 255 { return fill(rectangle, with: color) }
    if color.alpha == 0 { return }
    let area = limits.intersection(rectangle)
    note(area)
    for y in area.y..<area.maxY {
      shadeRun(at: y &* stride &+ area.x, count: area.width, with: color)
    }
  }

  /// Lays a colour over words. The caller has clipped: the run lies on the surface.
  @_lifetime(self: copy self)
  private mutating func shadeRun(at start: Int, count: Int, with color: Color) {
    let layout = layout
    let above = SIMD16(repeating: layout.encode(color.withAlpha(255)))
    let weight = SIMD16(repeating: UInt32(color.alpha))
    var index = start
    let end = start &+ count
    while end &- index >= 16 {
      var target = pixels._mutatingExtracting(index..<index &+ 16)
      // Always so. The compiler learns it here, and checks no index below.
      guard target.count == 16 else { return }
      let below = target.span.vector(at: 0)
      target.store(layout.mixed(below, with: above, weight: weight))
      index &+= 16
    }
    while index < end {
      pixels[index] = layout.encode(color.over(layout.decode(pixels[index])))
      index &+= 1
    }
  }

  /// Lays `color` over the pixel at (`x`, `y`) by its alpha.
  @_lifetime(self: copy self)
  public mutating func blend(x: Int, y: Int, with color: Color) {
    guard limits.contains(x: x, y: y) else { return }
    note(Rectangle(x: x, y: y, width: 1, height: 1))
    let position = y &* stride &+ x
    pixels[position] = layout.encode(color.over(layout.decode(pixels[position])))
  }

  /// Changes each pixel of `rectangle` as `body` says, from its column, its row and its colour.
  ///
  /// The way to any effect of one's own: no format to know, nothing to clip.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func update(
    _ rectangle: Rectangle, _ body: (_ x: Int, _ y: Int, _ pixel: inout Color) -> Void
  ) {
    let area = limits.intersection(rectangle)
    note(area)
    let layout = layout
    for y in area.y..<area.maxY {
      let start = y &* stride &+ area.x
      var row = pixels._mutatingExtracting(start..<start &+ area.width)
      for index in row.indices {
        var color = layout.decode(row[index])
        body(area.x &+ index, y, &color)
        row[index] = layout.encode(color)
      }
    }
  }

  /// Sets each pixel of `rectangle` to what `body` makes of its column and row.
  @inlinable
  @_lifetime(self: copy self)
  public mutating func fill(
    _ rectangle: Rectangle, by body: (_ x: Int, _ y: Int) -> Color
  ) {
    let area = limits.intersection(rectangle)
    note(area)
    let layout = layout
    for y in area.y..<area.maxY {
      let start = y &* stride &+ area.x
      var row = pixels._mutatingExtracting(start..<start &+ area.width)
      for index in row.indices {
        row[index] = layout.encode(body(area.x &+ index, y))
      }
    }
  }
}

extension Canvas {
  /// Lays rows of words in any format over what is there, by their own alpha, the first at (`x`, `y`).
  ///
  /// What has no alpha is opaque.
  ///
  /// - Parameters:
  ///   - source: the rows, one after the other; a last incomplete one is left out.
  ///   - format: how a colour lies in the words of `source`.
  ///   - width: the number of words in a row.
  ///   - x: the column of the leftmost word.
  ///   - y: the row of the first row.
  ///   - alpha: how much of all of them is laid over: 255 by their own alpha alone, 0 nothing.
  @_lifetime(self: copy self)
  public mutating func blend(
    _ source: Span<UInt32>, in format: PixelFormat, width: Int, x: Int, y: Int, alpha: UInt8 = 255
  ) {
    guard width > 0, alpha > 0 else { return }
    let area = limits.intersection(
      Rectangle(x: x, y: y, width: width, height: source.count / width))
    note(area)
    for row in area.y..<area.maxY {
      // A difference within the rows fits, however far outside they begin.
      let start = (row &- y) &* width &+ (area.x &- x)
      blendRun(
        source.extracting(start..<start &+ area.width), in: format, at: row &* stride &+ area.x,
        alpha: alpha)
    }
  }

  /// Lays words over others, the first over that at `start`. The caller has clipped: the run lies on the
  /// surface.
  @_lifetime(self: copy self)
  private mutating func blendRun(
    _ words: Span<UInt32>, in format: PixelFormat, at start: Int, alpha: UInt8
  ) {
    let (source, layout) = (format.layout, layout)
    let conversion = PixelConversion(from: format, to: self.format)
    var index = 0
    while words.count &- index >= 16 {
      let block = words.block(at: index)
      let above = conversion.convert(block) | layout.opaqueBlock
      let weight = source.alphas(of: block, scaledBy: alpha)
      var target = pixels._mutatingExtracting(start &+ index..<start &+ index &+ 16)
      guard target.count == 16 else { return }
      let below = target.span.vector(at: 0)
      target.store(layout.mixed(below, with: above, weight: weight))
      index &+= 16
    }
    while index < words.count {
      var color = source.decode(words[index])
      color.alpha = Color.scale(UInt32(color.alpha) &* UInt32(alpha))
      let below = layout.decode(pixels[start &+ index])
      pixels[start &+ index] = layout.encode(color.over(below))
      index &+= 1
    }
  }
}

/// Sixteen words at once, by the same arithmetic as ``Color/over(_:)``: two bytes of a word in each half of it.
///
/// Neither a byte by 255 nor what is added to round it leaves its half.
extension PixelLayout {
  /// Words laid over others by weights of 0 to 255; opaque where the layout keeps no alpha.
  @inline(__always)
  fileprivate func mixed(
    _ below: SIMD16<UInt32>, with above: SIMD16<UInt32>, weight: SIMD16<UInt32>
  ) -> SIMD16<UInt32> {
    let rest = SIMD16(repeating: 255) &- weight
    let even = Self.scaled(
      (below & Self.bytes) &* rest &+ (above & Self.bytes) &* weight)
    let odd = Self.scaled(
      (below &>> Self.byte & Self.bytes) &* rest &+ (above &>> Self.byte & Self.bytes) &* weight)
    let mixed = even | odd &<< Self.byte
    return hasAlpha ? mixed : mixed | opaqueBlock
  }

  /// All of the alpha byte, whether the layout keeps it or not.
  @inline(__always)
  fileprivate var opaqueBlock: SIMD16<UInt32> {
    SIMD16(repeating: (255 &<< alpha).littleEndian)
  }

  /// The alphas of words in this layout, 0 to 255 each.
  @inline(__always)
  fileprivate func alphas(of words: SIMD16<UInt32>, scaledBy scale: UInt8) -> SIMD16<UInt32> {
    let scale = UInt32(scale)
    if !hasAlpha { return SIMD16(repeating: scale) }
    let alphas = words &>> SIMD16(repeating: alpha) & SIMD16(repeating: 255)
    return scale == 255 ? alphas : Self.scaled(alphas &* SIMD16(repeating: scale))
  }

  /// Halves of words divided by 255, rounded to nearest.
  @inline(__always)
  private static func scaled(_ halves: SIMD16<UInt32>) -> SIMD16<UInt32> {
    let biased = halves &+ SIMD16(repeating: 0x0080_0080)
    return (biased &+ (biased &>> byte & bytes)) &>> byte & bytes
  }

  private static var bytes: SIMD16<UInt32> { SIMD16(repeating: 0x00FF_00FF) }
  private static var byte: SIMD16<UInt32> { SIMD16(repeating: 8) }
}
