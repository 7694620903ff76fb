/// Who the display is. Each is nil if the base block is not believed, or does not say it.
extension EDID {
  /// The version of the EDID standard: the major number is 1.
  public struct Version: Equatable, Sendable {
    /// The major number: 1.
    public let major: UInt8
    /// The minor number: 4 is the last there was.
    public let minor: UInt8

    /// A version.
    public init(major: UInt8, minor: UInt8) {
      self.major = major
      self.minor = minor
    }
  }

  /// How large a picture on the display is, in millimetres.
  public struct PhysicalSize: Equatable, Sendable {
    /// The width in millimetres.
    public let width: UInt32
    /// The height in millimetres.
    public let height: UInt32

    /// A size.
    public init(width: UInt32, height: UInt32) {
      self.width = width
      self.height = height
    }
  }

  /// The version of the EDID standard that the base block follows.
  public var version: Version? {
    guard isValid else { return nil }
    let base = block(0)
    return Version(
      major: UInt8(truncatingIfNeeded: base.byte(18)),
      minor: UInt8(truncatingIfNeeded: base.byte(19)))
  }

  /// The manufacturer: three letters, as UEFI's registry of PNP ids gives them.
  public var manufacturer: EDIDText? {
    guard isValid else { return nil }
    let base = block(0)
    return EDIDText(letters: base.byte(8) &<< 8 | base.byte(9))
  }

  /// The manufacturer's own number for this kind of display.
  public var productCode: UInt16? {
    isValid ? UInt16(truncatingIfNeeded: block(0).word(10)) : nil
  }

  /// The number of this very display. 0 is none.
  public var serialNumber: UInt32? {
    guard isValid else { return nil }
    let base = block(0)
    let number = base.word(12) | base.word(14) &<< 16
    return number == 0 ? nil : UInt32(truncatingIfNeeded: number)
  }

  /// The number of this very display, as text.
  public var serialText: EDIDText? { text(tag: 0xff) }

  /// What the display is called.
  public var displayName: EDIDText? { text(tag: 0xfc) }

  /// How large a picture is: that of the first detailed timing, by the millimetre, or else that of the
  /// whole display, by the centimetre.
  public var physicalSize: PhysicalSize? {
    guard isValid else { return nil }
    let base = block(0)
    if Self.detailedMode(base, at: 54, isPreferred: false) != nil {
      let high = base.byte(68)
      let width = base.byte(66) | (high & 0xf0) &<< 4
      let height = base.byte(67) | (high & 0x0f) &<< 8
      if width != 0, height != 0 { return PhysicalSize(width, height) }
    }
    // If only one of them is there, it is not a size but a shape.
    let (width, height) = (base.byte(21), base.byte(22))
    return width == 0 || height == 0 ? nil : PhysicalSize(width &* 10, height &* 10)
  }
}

extension EDID.PhysicalSize {
  fileprivate init(_ width: Int, _ height: Int) {
    self.init(width: UInt32(clamping: width), height: UInt32(clamping: height))
  }
}
