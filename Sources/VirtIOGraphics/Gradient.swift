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
    note(area)
    let shades = Shades(gradient, layout)
    var way = Way(of: length)
    for y in area.y..<area.maxY {
      way.begin(
        at: (area.x &- rectangle.x).adding(saturating: isDiagonal ? y &- rectangle.y : 0))
      var biases = SIMD16<UInt32>(repeating: 32_768)
      if gradient.isDithered {
        for lane in 0..<16 { biases[lane] = Gradient.ditherBias(x: area.x &+ lane, y: y) }
      }
      fillRow(at: y &* stride &+ area.x, count: area.width, with: shades, biases, along: &way)
    }
  }

  /// One row of a gradient that changes from pixel to pixel: sixteen at once.
  @_lifetime(self: copy self)
  private mutating func fillRow(
    at start: Int, count: Int, with shades: Shades, _ biases: SIMD16<UInt32>, along way: inout Way
  ) {
    var index = start
    let end = start &+ count
    while end &- index >= 16 {
      pixels.store(shades.words(at: way.next(), biases), at: index)
      index &+= 16
    }
    if index == end { return }
    let words = shades.words(at: way.next(), biases)
    for lane in 0..<end &- index { pixels[index &+ lane] = words[lane & 15] }
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
  fileprivate static func fraction(_ distance: Int, of length: Int) -> Int {
    if length <= 0 { return 0 }
    let excess = max(0, 18 &- length.leadingZeroBitCount)
    if distance >= length { return 65_536 }
    return ((distance >> excess) << 16) / (length >> excess)
  }
}

/// Fractions of a way, sixteen steps at once and without a division for each.
private struct Way {
  private let length: Int
  /// How far sixteen steps and those before have come, in 65,536ths, rounded down, and what is left of that in
  /// parts of the length.
  private var wholes = SIMD16<UInt32>()
  private var rests = SIMD16<UInt32>()
  private var (blockWhole, blockRest): (UInt32, UInt32) = (0, 0)
  /// Where the next sixteen begin.
  private var distance = 0
  private var (whole, rest): (UInt32, UInt32) = (0, 0)

  /// A way without length stays at its start.
  init(of length: Int) {
    self.length = length
    guard isStepped else { return }
    for step in 0..<16 { (wholes[step], rests[step]) = split(step << 16) }
    (blockWhole, blockRest) = split(16 << 16)
  }

  /// Whether two lengths fit a word: all but those longer than any surface.
  private var isStepped: Bool { length > 0 && length < 1 << 31 }

  private func split(_ product: Int) -> (whole: UInt32, rest: UInt32) {
    (
      UInt32(truncatingIfNeeded: product / max(1, length)),
      UInt32(truncatingIfNeeded: product % max(1, length))
    )
  }

  /// Goes to a distance from the start.
  mutating func begin(at distance: Int) {
    self.distance = distance
    if isStepped { (whole, rest) = split(min(distance, length) << 16) }
  }

  /// The next sixteen fractions; those behind the end are not to be used.
  @inline(__always)
  mutating func next() -> SIMD16<UInt32> {
    guard isStepped else { return nextByDivision() }
    let bound = UInt32(truncatingIfNeeded: length)
    // One more where the rests make a whole: both are less than the length.
    let lacking = (rests &+ SIMD16(repeating: rest)) &- SIMD16(repeating: bound)
    let carries = SIMD16(repeating: 1) &- (lacking &>> SIMD16(repeating: 31))
    let fractions = wholes &+ SIMD16(repeating: whole) &+ carries
    whole &+= blockWhole
    rest &+= blockRest
    if rest >= bound {
      rest &-= bound
      whole &+= 1
    }
    return fractions
  }

  @inline(never)
  private mutating func nextByDivision() -> SIMD16<UInt32> {
    var fractions = SIMD16<UInt32>()
    for lane in 0..<16 {
      fractions[lane] = UInt32(truncatingIfNeeded: Canvas.fraction(distance, of: length))
      distance = distance.adding(saturating: 1)
    }
    return fractions
  }
}

/// The colours of a gradient, sixteen at once: the same arithmetic as ``Gradient/color(at:bias:)``.
private struct Shades {
  /// A channel at the start, in 65,536ths, and how it changes.
  private struct Channel {
    let start: SIMD16<UInt32>
    let change: SIMD16<UInt32>
    let shift: SIMD16<UInt32>

    init(_ start: UInt8, _ end: UInt8, _ shift: UInt32) {
      self.start = SIMD16(repeating: UInt32(start) << 16)
      change = SIMD16(repeating: UInt32(end) &- UInt32(start))
      self.shift = SIMD16(repeating: shift)
    }

    /// Their part of words. A change downwards wraps, and the sum wraps back.
    @inline(__always)
    func part(at weights: SIMD16<UInt32>, _ biases: SIMD16<UInt32>) -> SIMD16<UInt32> {
      let sum = start &+ change &* weights &+ biases
      return (sum &>> SIMD16(repeating: 16)) &<< shift
    }
  }

  private let red, green, blue, alpha: Channel

  init(_ gradient: Gradient, _ layout: PixelLayout) {
    let (start, end) = (gradient.start, gradient.end)
    red = Channel(start.red, end.red, layout.red)
    green = Channel(start.green, end.green, layout.green)
    blue = Channel(start.blue, end.blue, layout.blue)
    let isOpaque = !layout.hasAlpha
    alpha = Channel(isOpaque ? 255 : start.alpha, isOpaque ? 255 : end.alpha, layout.alpha)
  }

  @inline(__always)
  func words(at weights: SIMD16<UInt32>, _ biases: SIMD16<UInt32>) -> SIMD16<UInt32> {
    red.part(at: weights, biases) | green.part(at: weights, biases)
      | blue.part(at: weights, biases) | alpha.part(at: weights, biases)
  }
}
