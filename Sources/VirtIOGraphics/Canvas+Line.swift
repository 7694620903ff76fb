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
    var step = first
    while step <= last {
      // Both factors are at most 2^32 - 1: the sum fits.
      let offset = (step &* short.magnitude &+ long.magnitude >> 1) / long.magnitude
      let along = Self.moved(0, by: step, isBackwards: long < 0)
      let aside = Self.moved(0, by: offset, isBackwards: short < 0)
      blend(x: x &+ (isSteep ? aside : along), y: y &+ (isSteep ? along : aside), with: color)
      step &+= 1
    }
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
