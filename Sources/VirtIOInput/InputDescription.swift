internal import VirtIO

/// What a device says of itself in bytes: no more than it says there are, than it has and than 128.
public struct InputDescription: Sendable {
  private var bytes: FixedArray<128, UInt8>
  // Of a type that the compiler knows not to be negative.
  private var length: UInt8

  /// The most bytes there are.
  static var limit: UInt8 { 128 }

  init(count: UInt8, _ read: (UInt) -> UInt8) {
    let length = min(count, Self.limit)
    self.length = length
    bytes = FixedArray { index in index < Int(length) ? read(UInt(bitPattern: index)) : 0 }
  }

  /// How many bytes there are.
  public var count: Int { Int(length) }

  /// What is before the first zero: some devices count it as a part of a text, and some have more behind it.
  consuming func endingAtZero() -> Self {
    for index in bytes.indices where index < count && bytes[index] == 0 {
      length = UInt8(truncatingIfNeeded: index)
    }
    return self
  }

  /// The bytes: of a name its UTF-8, which nobody has checked.
  public var span: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: count) }
  }

  /// Of a set of codes, whether it has this one; what there is no room for is not in it.
  public func contains(_ code: UInt16) -> Bool {
    let place = Int(code >> 3)
    guard place < count else { return false }
    return bytes[place] >> UInt8(truncatingIfNeeded: code & 7) & 1 != 0
  }
}

/// `struct virtio_input_devids`: who made a device.
public struct InputIdentity: Equatable, Sendable {
  /// How it is connected: 6 if it is virtual.
  public let busType: UInt16
  /// Who made it.
  public let vendor: UInt16
  /// What it is.
  public let product: UInt16
  /// Which version of that.
  public let version: UInt16
}

/// `struct virtio_input_absinfo`: from where to where an axis goes. Whatever a device says is one: `minimum`
/// may be no less than `maximum`.
public struct AxisRange: Equatable, Sendable {
  /// The first place.
  public let minimum: Int32
  /// The last place.
  public let maximum: Int32
  /// How far what is reported may be from what is.
  public let fuzz: Int32
  /// How far from the middle still is the middle.
  public let flat: Int32
  /// How many places there are in a millimetre.
  public let resolution: Int32
}
