internal import VirtIO

// The device describes itself in one place: what is to be read there is chosen first. The device may count
// that as a change of its configuration, so the choice is made before it is read, and not again with each
// attempt.
//
// - Spec: VirtIO 1.4 §5.8.4 "Device configuration layout"

/// What is to be read.
private struct Selection {
  let select: UInt8
  let subselect: UInt8

  static var name: Self { Self(select: 0x01, subselect: 0) }
  static var serial: Self { Self(select: 0x02, subselect: 0) }
  static var identity: Self { Self(select: 0x03, subselect: 0) }
  static var properties: Self { Self(select: 0x10, subselect: 0) }
  static func codes(_ subselect: UInt8) -> Self { Self(select: 0x11, subselect: subselect) }
  static func axis(_ subselect: UInt8) -> Self { Self(select: 0x12, subselect: subselect) }
}

/// Where it is read: `struct virtio_input_config`.
enum DescriptionLayout {
  static var selectOffset: UInt { 0 }
  static var subselectOffset: UInt { 1 }
  static var sizeOffset: UInt { 2 }
  /// Where the union is, and so how long what is before it.
  static var unionOffset: UInt { 8 }
  static var identityByteCount: UInt8 { 8 }
  static var axisByteCount: UInt8 { 20 }
}

extension InputSource where T: ~Copyable {
  /// The device's name in UTF-8; empty if it has none. Does not block.
  ///
  /// - Throws: ``InputError/device(_:)``, as do all that follow.
  public mutating func name() throws(InputError) -> InputDescription {
    try describe(.name).endingAtZero()
  }

  /// The device's serial number in UTF-8; empty if it has none. Does not block.
  public mutating func serial() throws(InputError) -> InputDescription {
    try describe(.serial).endingAtZero()
  }

  /// The set of the device's properties, with the numbers of Linux. Does not block.
  public mutating func properties() throws(InputError) -> InputDescription {
    try describe(.properties)
  }

  /// The set of the codes with which events of a kind come; empty if none do. Does not block.
  public mutating func codes(of type: EventType) throws(InputError) -> InputDescription {
    // There is no way to ask for what does not fit.
    guard let subselect = UInt8(exactly: type.rawValue) else {
      return InputDescription(count: 0) { _ in 0 }
    }
    return try describe(.codes(subselect))
  }

  /// Who made the device; nil if it does not say. Does not block.
  public mutating func identity() throws(InputError) -> InputIdentity? {
    try read(.identity) { device, size in
      guard size >= DescriptionLayout.identityByteCount else { return nil }
      let start = DescriptionLayout.unionOffset
      return InputIdentity(
        busType: device.readConfiguration16(at: start),
        vendor: device.readConfiguration16(at: start &+ 2),
        product: device.readConfiguration16(at: start &+ 4),
        version: device.readConfiguration16(at: start &+ 6))
    }
  }

  /// From where to where an axis goes; nil if the device does not have it. Does not block.
  public mutating func range(of axis: AbsoluteAxis) throws(InputError) -> AxisRange? {
    guard let subselect = UInt8(exactly: axis.rawValue) else { return nil }
    return try read(.axis(subselect)) { device, size in
      guard size >= DescriptionLayout.axisByteCount else { return nil }
      let start = DescriptionLayout.unionOffset
      return AxisRange(
        minimum: Int32(bitPattern: device.readConfiguration32(at: start)),
        maximum: Int32(bitPattern: device.readConfiguration32(at: start &+ 4)),
        fuzz: Int32(bitPattern: device.readConfiguration32(at: start &+ 8)),
        flat: Int32(bitPattern: device.readConfiguration32(at: start &+ 12)),
        resolution: Int32(bitPattern: device.readConfiguration32(at: start &+ 16)))
    }
  }

  private mutating func describe(_ selection: Selection) throws(InputError) -> InputDescription {
    try read(selection) { device, size in
      InputDescription(count: size) { index in
        device.readConfiguration8(at: DescriptionLayout.unionOffset &+ index)
      }
    }
  }

  /// Chooses what is to be read, and reads it consistently. It is given how many bytes there are: no more than
  /// the device has behind what it says of them.
  private mutating func read<Value>(
    _ selection: Selection, _ body: (borrowing T, _ size: UInt8) -> Value
  ) throws(InputError) -> Value {
    device.writeConfiguration8(selection.select, at: DescriptionLayout.selectOffset)
    device.writeConfiguration8(selection.subselect, at: DescriptionLayout.subselectOffset)
    do {
      return try device.readConfiguration { device in
        let room = device.configurationByteCount &- DescriptionLayout.unionOffset
        let size = device.readConfiguration8(at: DescriptionLayout.sizeOffset)
        return body(device, min(size, UInt8(clamping: room)))
      }
    } catch {
      throw .device(error)
    }
  }
}
