extension EDID {
  /// Calls `body` with each mode that the display describes, in this order: detailed timings of the base
  /// block; what is in each extension block; standard and established timings.
  ///
  /// A mode that is described twice comes twice; ``modes`` has each once. What its extensions of CTA-861
  /// say is read from short video descriptors and detailed timings, and from DisplayID's timings of types
  /// I to V and VII to X.
  ///
  /// - Parameter body: Called some hundred times at most.
  public func forEachMode(_ body: (DisplayMode) -> Void) {
    let blocks = blocks
    guard blocks.isBelieved(0) else { return }
    let base = block(0)
    Self.forEachDetailedMode(ofBase: base, body)
    for index in 1..<8 where blocks.isBelieved(index) {
      let block = block(index)
      switch block.byte(0) {
      case Self.ctaTag: Self.forEachMode(ofCTA: block, body)
      case Self.displayIDTag: Self.forEachMode(ofDisplayID: block, body)
      default: break
      }
    }
    Self.forEachStandardMode(ofBase: base, body)
    Self.forEachEstablishedMode(ofBase: base, body)
  }

  /// The modes that the display describes, each once: the first 64 of them.
  ///
  /// Two modes are the same if they have the same size and rate, and are both interlaced or both not.
  public var modes: DisplayModeList {
    var list = DisplayModeList()
    forEachMode { list.append($0) }
    return list
  }

  /// The mode that the display would rather have than others; nil if it does not say.
  ///
  /// If it prefers several, the first of them: a detailed timing of the base block before those of
  /// extensions.
  public var preferredMode: DisplayMode? { modes.preferred }
}
