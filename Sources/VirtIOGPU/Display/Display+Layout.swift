import VirtIO
public import VirtIOGraphics

// What scanouts show. Each shows all of a surface of its own unless it is told otherwise.
//
// A scanout either shows its own surface, which others may show too, or another's: nobody shows the surface
// of one that shows another's. So a surface that is shown belongs to a scanout that its frames can be asked
// for by, and layouts cannot form a circle.

extension Display where T: ~Copyable {
  /// Has a scanout show a part of a surface, its own or another scanout's. Does not block.
  ///
  /// Frames of the surface are asked for by any scanout that shows it, presented once, and shown by all:
  /// a frame takes no more commands for that. If the surface is on a scanout already, its picture is
  /// shown here at once, by two commands and one doorbell; otherwise with its first frame. A scanout that
  /// shows another's surface has none of its own any more, as soon as the device has taken that; frames
  /// that are still drawn for it are then refused as ``GPUError/staleFrame``.
  ///
  /// If the device refuses, the next call of ``nextFrame(on:waiting:)`` says so once, and the scanout
  /// goes back to what it showed before. If the display of `scanout` is disconnected, the surface stays
  /// for the others, also if it is that display's own; when it is connected again, it shows what it did.
  /// If the surface gets a size that the rectangle does not fit, all of it is shown.
  ///
  /// - Parameters:
  ///   - rectangle: Which part, in pixels of the surface; nil for all of it, however large it is.
  ///   - source: Whose surface. This scanout shows its own.
  ///   - scanout: Where to show it. Nobody else shows its surface, unless it is `source`.
  /// - Throws: ``GPUError/invalidViewport(_:)`` if the rectangle is empty or does not lie in the surface
  ///   as it is to be, ``GPUError/surfaceIsShared(_:)`` if one of the two is part of another layout,
  ///   ``GPUError/scanoutDisabled(_:)``, and others. All is as it was then.
  public mutating func show(
    _ rectangle: Rectangle?, of source: ScanoutID, on scanout: ScanoutID
  ) throws(GPUError) {
    try requireService()
    let target = try enabledIndex(of: scanout)
    let surface = try sourceIndex(source)
    if surface != target {
      guard views[surface].wanted.surface == surface else { throw .surfaceIsShared(source) }
      try requireUnshared(target, except: Self.bit(target))
    }
    if let rectangle {
      guard !rectangle.isEmpty, wantedShape(surface).bounds.contains(rectangle) else {
        throw .invalidViewport(rectangle)
      }
    }
    stopStanding()
    setView(View(of: surface, rectangle), target)
    updateLayout()
    try tellViews()
  }

  /// Has a scanout show what another one shows, now and as its picture changes. Does not block.
  ///
  /// ``show(_:of:on:)`` says more of it. To end it, call ``followDisplay(format:on:)`` or
  /// ``setMode(width:height:format:on:)``.
  ///
  /// - Throws: As ``show(_:of:on:)`` does.
  public mutating func mirror(_ source: ScanoutID, on scanout: ScanoutID) throws(GPUError) {
    let view = views[try enabledIndex(of: source)].wanted
    try show(view.rectangle, of: scanouts[view.surface].id, on: scanout)
  }

  /// Moves what a scanout shows within the surface. Does not block; one doorbell at the most.
  ///
  /// It takes two commands and no frame. While the device has those of an earlier move only the newest
  /// place is kept; it is sent by the next call that has to do with frames.
  ///
  /// - Parameters:
  ///   - x: The first column of the surface that is shown.
  ///   - y: The first row of the surface that is shown.
  ///   - scanout: Nil for the first enabled one.
  /// - Throws: ``GPUError/invalidViewport(_:)`` if that leads out of the surface; as ``show(_:of:on:)``.
  public mutating func pan(toX x: Int, y: Int, on scanout: ScanoutID? = nil) throws(GPUError) {
    let index = try enabledIndex(of: scanout)
    let view = views[index].wanted
    var rectangle = view.rectangle ?? wantedShape(view.surface).bounds
    rectangle.x = x
    rectangle.y = y
    try show(rectangle, of: scanouts[view.surface].id, on: scanouts[index].id)
  }

  /// Lays one surface over several scanouts, each of which shows its part of it in the size that suits
  /// its display. Does not block.
  ///
  /// The surface is that of the first one, by which its frames are asked for. It is made with the next
  /// frame, which all of them show. If displays change their size, the parts stay as they are until this
  /// is called again. If the device refuses, the next call of ``nextFrame(on:waiting:)`` says so once, and
  /// each scanout goes back to what it showed before.
  ///
  /// - Parameters:
  ///   - scanouts: Which.
  ///   - arrangement: Where each part lies.
  /// - Throws: ``GPUError/noScanout`` for none, ``GPUError/surfaceIsShared(_:)`` if the surface of one is
  ///   shown by another that is not among them, ``GPUError/invalidSize(width:height:)``,
  ///   ``GPUError/scanoutDisabled(_:)``, and others. All is as it was then.
  public mutating func span(
    _ scanouts: Span<ScanoutID>, arranged arrangement: SpanArrangement = .asPlaced
  ) throws(GPUError) {
    guard !scanouts.isEmpty else { throw .noScanout }
    let first = try enabledIndex(of: scanouts[0])
    var members: UInt16 = 0
    for position in scanouts.indices {
      members |= Self.bit(try enabledIndex(of: scanouts[position]))
    }
    for index in 0..<16 where members & Self.bit(index) != 0 && index != first {
      try requireUnshared(index, except: members)
    }
    let parts = SpanParts(scanouts, self.scanouts, arrangement)
    let width = UInt32(clamping: parts.bounds.width)
    let height = UInt32(clamping: parts.bounds.height)
    let format = requests[first].format
    guard SurfaceShape(width: width, height: height, format: format).isPossible,
      parts.areWhole
    else { throw .invalidSize(width: width, height: height) }
    try requireService()
    for position in scanouts.indices {
      let index = Int(scanouts[position].rawValue & 15)
      setView(View(of: first, parts.rectangles[index]), index)
    }
    try request(
      ModeRequest(width: width, height: height, format: format), first,
      View(of: first, parts.rectangles[first]))
  }

  /// What a scanout shows, or will with the next frame; nil if there is no such scanout.
  public mutating func viewport(of scanout: ScanoutID) -> Viewport? {
    guard let index = Int(exactly: scanout.rawValue), index < scanoutCount else { return nil }
    let view = views[index].wanted
    return Viewport(source: scanouts[view.surface].id, rectangle: view.rectangle)
  }

  // MARK: Checks

  /// Which scanout that is, by default the first enabled one.
  mutating func enabledIndex(of scanout: ScanoutID?) throws(GPUError) -> Int {
    guard let scanout = scanout ?? firstScanout else { throw .noScanout }
    guard scanout.rawValue < 16, enabledScanouts >> UInt16(scanout.rawValue) & 1 != 0 else {
      throw .scanoutDisabled(scanout)
    }
    return Int(scanout.rawValue)
  }

  /// Which surface that is: of a scanout that is enabled, or that others show.
  private mutating func sourceIndex(_ source: ScanoutID) throws(GPUError) -> Int {
    guard source.rawValue < 16,
      (enabledScanouts | frameScanouts) >> UInt16(source.rawValue) & 1 != 0
    else { throw .scanoutDisabled(source) }
    return Int(source.rawValue)
  }

  /// Makes sure that a scanout's surface is shown by nobody but some.
  private mutating func requireUnshared(_ index: Int, except some: UInt16) throws(GPUError) {
    for other in 0..<16 where some & Self.bit(other) == 0 {
      if views[other].wanted.surface == index, other != index {
        throw .surfaceIsShared(scanouts[index].id)
      }
    }
  }
}

/// How a surface is cut for several scanouts.
struct SpanParts {
  /// The part of each scanout, by its number.
  private(set) var rectangles = FixedArray<16, Rectangle>(repeating: .empty)
  /// The surface.
  private(set) var bounds = Rectangle.empty
  /// Whether each part has pixels.
  private(set) var areWhole = true

  init(
    _ ids: Span<ScanoutID>, _ scanouts: borrowing FixedArray<16, Scanout>,
    _ arrangement: SpanArrangement
  ) {
    var (minX, minY, maxX, maxY) = (Int.max, Int.max, 0, 0)
    var position = 0
    for index in ids.indices {
      // Numbers of 32 bits: nothing here can leave the range of 64.
      let number = Int(ids[index].rawValue & 15)
      let scanout = scanouts[number]
      var part = Rectangle(
        x: Int(scanout.x), y: Int(scanout.y), width: Int(scanout.width),
        height: Int(scanout.height))
      if case .sideBySide = arrangement {
        part.x = position
        part.y = 0
        position &+= part.width
      }
      areWhole = areWhole && !part.isEmpty
      rectangles[number] = part
      (minX, minY) = (min(minX, part.x), min(minY, part.y))
      (maxX, maxY) = (max(maxX, part.maxX), max(maxY, part.maxY))
    }
    for index in ids.indices {
      let number = Int(ids[index].rawValue & 15)
      // One that is named twice is moved once.
      guard index == 0 || !Self.contains(ids.extracting(0..<index), ids[index]) else { continue }
      rectangles[number].x &-= minX
      rectangles[number].y &-= minY
    }
    bounds = Rectangle(minX: minX, minY: minY, maxX: maxX, maxY: maxY)
    bounds.x = 0
    bounds.y = 0
  }

  private static func contains(_ ids: Span<ScanoutID>, _ id: ScanoutID) -> Bool {
    for index in ids.indices where ids[index] == id { return true }
    return false
  }
}
