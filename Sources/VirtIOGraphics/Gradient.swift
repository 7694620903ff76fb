/// A passage from one colour to another, exact at both ends.
public struct Gradient: Equatable, Sendable {
  /// The way along which the colour changes.
  @frozen
  public enum Direction: Equatable, Sendable {
    /// From left to right.
    case horizontal

    /// From top to bottom.
    case vertical

    /// From the top left corner to the bottom right one.
    case diagonal
  }

  /// The colour at the beginning.
  public var start: Color

  /// The colour at the end.
  public var end: Color

  /// The way along which the colour changes.
  public var direction: Direction

  /// Whether the steps between neighbouring colours are broken up by an ordered 4 x 4 pattern.
  ///
  /// Long dark gradients show bands without it.
  public var isDithered: Bool

  /// Creates a gradient, from top to bottom and without dithering unless told otherwise.
  public init(
    from start: Color, to end: Color, direction: Direction = .vertical, isDithered: Bool = false
  ) {
    self.start = start
    self.end = end
    self.direction = direction
    self.isDithered = isDithered
  }

  /// The colour at a fraction of the way, in 65,536ths.
  ///
  /// - Parameters:
  ///   - fraction: how far along; held to 0 ... 65,536.
  ///   - bias: what is added before the fraction of a channel is cut off, in 65,536ths; one half
  ///     rounds to nearest.
  public func color(at fraction: Int, bias: UInt32 = 32_768) -> Color {
    let weight = UInt32(max(0, min(65_536, fraction)))
    func mix(_ from: UInt8, _ to: UInt8) -> UInt8 {
      let sum = UInt32(from) &* (65_536 &- weight) &+ UInt32(to) &* weight
      return UInt8(truncatingIfNeeded: (sum &+ bias) >> 16)
    }
    return Color(
      red: mix(start.red, end.red), green: mix(start.green, end.green),
      blue: mix(start.blue, end.blue), alpha: mix(start.alpha, end.alpha))
  }

  /// The bias of ``color(at:bias:)`` for the pixel at (`x`, `y`) when dithered: a 4 x 4 Bayer
  /// matrix, one nibble an entry, centred within each sixteenth.
  @inlinable
  public static func ditherBias(x: Int, y: Int) -> UInt32 {
    let matrix: UInt64 = 0x5D7F_91B3_6E4C_A280
    let entry = UInt64(truncatingIfNeeded: (y & 3) << 2 | (x & 3))
    return UInt32(truncatingIfNeeded: matrix &>> (entry &* 4) & 15) &* 4_096 &+ 2_048
  }
}

extension Canvas {
  /// Fills `rectangle` with `gradient`, which spans it whatever part of it is visible.
  @_lifetime(self: copy self)
  public mutating func fill(_ rectangle: Rectangle, with gradient: Gradient) {
    let area = limits.intersection(rectangle)
    let columns = max(0, rectangle.width &- 1)
    let rows = max(0, rectangle.height &- 1)
    // Differences within the rectangle fit, however far outside the surface it begins.
    if gradient.direction == .vertical {
      note(area)
      for y in area.y..<area.maxY {
        fillRow(y, of: area, with: gradient, at: Self.fraction(y &- rectangle.y, of: rows))
      }
      return
    }
    let isDiagonal = gradient.direction == .diagonal
    let length = isDiagonal ? columns.adding(saturating: rows) : columns
    fill(area) { x, y in
      let down = isDiagonal ? y &- rectangle.y : 0
      return gradient.color(
        at: Self.fraction((x &- rectangle.x).adding(saturating: down), of: length),
        bias: gradient.isDithered ? Gradient.ditherBias(x: x, y: y) : 32_768)
    }
  }

  /// One row of a vertical gradient: one colour, or a pattern of four that repeats.
  @_lifetime(self: copy self)
  private mutating func fillRow(
    _ y: Int, of area: Rectangle, with gradient: Gradient, at fraction: Int
  ) {
    var pattern = SIMD16<UInt32>(repeating: layout.encode(gradient.color(at: fraction)))
    if gradient.isDithered {
      for lane in 0..<16 {
        let bias = Gradient.ditherBias(x: area.x &+ lane, y: y)
        pattern[lane] = layout.encode(gradient.color(at: fraction, bias: bias))
      }
    }
    fillRun(at: y &* stride &+ area.x, count: area.width, with: pattern)
  }

  /// `distance` / `length` in 65,536ths, exact at both ends; a single step is the start.
  private static func fraction(_ distance: Int, of length: Int) -> Int {
    if length <= 0 { return 0 }
    let excess = max(0, 18 &- length.leadingZeroBitCount)
    if distance >= length { return 65_536 }
    return ((distance >> excess) << 16) / (length >> excess)
  }
}
