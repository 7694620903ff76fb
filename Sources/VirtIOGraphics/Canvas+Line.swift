extension Canvas {
  /// Draws a straight line of one pixel in each column or, if it is steep, in each row, both ends
  /// included. A `color` with an alpha below 255 is laid over what is there.
  ///
  /// What is clipped away leaves the rest as it is. Ends beyond the range of `Int32` are held to it. Takes
  /// time linear in the part within the clip's columns or rows.
  @_lifetime(self: copy self)
  public mutating func line(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), with color: Color
  ) {
    let (x, y) = (Self.held(start.x), Self.held(start.y))
    let (dx, dy) = (Self.held(end.x) &- x, Self.held(end.y) &- y)
    if dy == 0 || dx == 0 { return straightLine(x, y, dx, dy, with: color) }
    let area = limits
    let isSteep = dy.magnitude > dx.magnitude
    let (long, short) = isSteep ? (dy, dx) : (dx, dy)
    let (first, last) =
      isSteep
      ? Self.steps(from: y, by: long, within: area.y..<area.maxY)
      : Self.steps(from: x, by: long, within: area.x..<area.maxX)
    if first > last { return }
    // Both factors are at most 2^32 - 1: the sum fits.
    let way = first &* short.magnitude &+ long.magnitude >> 1
    var path = Path(offset: way / long.magnitude, rest: way % long.magnitude)
    let along = Self.moved(isSteep ? y : x, by: first, isBackwards: long < 0)
    path.aside = Self.moved(isSteep ? x : y, by: path.offset, isBackwards: short < 0)
    path.index =
      isSteep ? along &* stride &+ path.aside : path.aside &* stride &+ along
    path.sideways = short < 0 ? -1 : 1
    path.asideStep = isSteep ? path.sideways : path.sideways &* stride
    path.alongStep = (long < 0 ? -1 : 1) &* (isSteep ? stride : 1)
    let seen = isSteep ? area.x..<area.maxX : area.y..<area.maxY
    draw(path, count: last &- first &+ 1, by: short.magnitude, of: long.magnitude, seen, color)
  }

  /// Where a line is, and how it goes on.
  private struct Path {
    /// How far aside it begins, and what is left of a pixel there.
    let offset: UInt
    var rest: UInt
    /// The row or column that tells whether it is seen.
    var aside = 0
    /// Where its word lies, if it is seen.
    var index = 0
    /// How a step along it and one aside change that.
    var (alongStep, asideStep, sideways) = (0, 0, 0)

    init(offset: UInt, rest: UInt) {
      self.offset = offset
      self.rest = rest
    }
  }

  /// Draws the pixels of a line that are seen: those in a range of rows or columns aside.
  @_lifetime(self: copy self)
  private mutating func draw(
    _ start: Path, count: UInt, by short: UInt, of long: UInt, _ seen: Range<Int>, _ color: Color
  ) {
    let (word, isOpaque) = (layout.encode(color), color.alpha == 255)
    var (path, rest) = (start, count)
    // What is seen is in one piece, from corner to corner of its damage.
    var (first, last) = (-1, -1)
    while rest > 0 {
      if path.aside >= seen.lowerBound, path.aside < seen.upperBound {
        let index = path.index
        pixels[index] =
          isOpaque ? word : layout.encode(color.over(layout.decode(pixels[index])))
        if first < 0 { first = index }
        last = index
      }
      path.index &+= path.alongStep
      path.rest &+= short
      if path.rest >= long {
        path.rest &-= long
        path.index &+= path.asideStep
        path.aside &+= path.sideways
      }
      rest &-= 1
    }
    if first < 0 { return }
    note(Rectangle(x: first % stride, y: first / stride, width: 1, height: 1))
    note(Rectangle(x: last % stride, y: last / stride, width: 1, height: 1))
  }

  /// A line along a row or a column.
  @_lifetime(self: copy self)
  private mutating func straightLine(_ x: Int, _ y: Int, _ dx: Int, _ dy: Int, with color: Color) {
    blend(
      Rectangle(
        minX: min(x, x &+ dx), minY: min(y, y &+ dy), maxX: max(x, x &+ dx) &+ 1,
        maxY: max(y, y &+ dy) &+ 1),
      with: color)
  }

  /// The first and the last step of a line whose place lies in `range`; the last is less if none does.
  private static func steps(from start: Int, by distance: Int, within range: Range<Int>)
    -> (first: UInt, last: UInt)
  {
    // The lowest and the highest step, counted away from the start. All values fit twice over.
    let near = distance < 0 ? start &- (range.upperBound &- 1) : range.lowerBound &- start
    let far = distance < 0 ? start &- range.lowerBound : range.upperBound &- 1 &- start
    if range.isEmpty || far < 0 { return (1, 0) }
    return (UInt(max(0, near).magnitude), min(distance.magnitude, far.magnitude))
  }

  private static func moved(_ place: Int, by distance: UInt, isBackwards: Bool) -> Int {
    let distance = Int(truncatingIfNeeded: distance)
    return isBackwards ? place &- distance : place &+ distance
  }

  /// `coordinate`, held to the range of `Int32`.
  static func held(_ coordinate: Int) -> Int {
    max(Int(Int32.min), min(Int(Int32.max), coordinate))
  }
}
