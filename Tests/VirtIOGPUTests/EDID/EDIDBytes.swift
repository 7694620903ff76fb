import VirtIOGPU

/// Bytes of an EDID, made by hand.
enum EDIDBytes {
  /// A base block that says nothing but who it is of, changed, and made to add up to 0 again.
  static func base(_ change: (inout [UInt8]) -> Void = { _ in }) -> [UInt8] {
    var block: [UInt8] = [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]
    // "ABC", product 0x1234, no serial number, a week of 2024, EDID 1.4, digital, no size.
    block += [0x04, 0x43, 0x34, 0x12, 0, 0, 0, 0, 1, 34, 1, 4, 0x80, 0, 0, 120, 0]
    block += [UInt8](repeating: 0, count: 13)
    block += [UInt8](repeating: 1, count: 16)
    // Four descriptors that say nothing.
    for _ in 0..<4 { block += descriptor(0x10, []) }
    block += [0, 0]
    change(&block)
    return summed(block)
  }

  /// A base block that claims these extensions, and the extensions.
  static func base(with extensions: [[UInt8]], _ change: (inout [UInt8]) -> Void = { _ in })
    -> [UInt8]
  {
    base { block in
      block[126] = UInt8(extensions.count)
      change(&block)
    } + extensions.flatMap { $0 }
  }

  /// An extension block of CTA-861 with these data blocks, and behind them these descriptors.
  static func cta(
    revision: UInt8 = 3, dataBlocks: [UInt8] = [], descriptors: [[UInt8]] = [],
    descriptorsAt offset: UInt8? = nil
  ) -> [UInt8] {
    var block: [UInt8] = [0x02, revision, offset ?? UInt8(4 + dataBlocks.count), 0]
    block += dataBlocks
    for descriptor in descriptors { block += descriptor }
    return summed(block)
  }

  /// An extension block with a section of DisplayID, both of which add up to 0.
  static func displayID(version: UInt8 = 0x13, _ dataBlocks: [UInt8]) -> [UInt8] {
    var section = [version, UInt8(dataBlocks.count), 0, 0] + dataBlocks
    section.append(0 &- section.reduce(0, &+))
    return summed([0x70] + section)
  }

  /// A data block of DisplayID.
  static func block(_ tag: UInt8, revision: UInt8 = 0, _ content: [UInt8]) -> [UInt8] {
    [tag, revision, UInt8(content.count)] + content
  }

  /// A descriptor with a tag.
  static func descriptor(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
    [0, 0, 0, tag, 0] + (content + [UInt8](repeating: 0, count: 13)).prefix(13)
  }

  /// A detailed timing; the clock in units of 10 kHz, the size in millimetres.
  static func detailed(
    _ width: Int, blank: Int, _ height: Int, blank blankLines: Int, clock: Int,
    isInterlaced: Bool = false, size: (Int, Int) = (0, 0)
  ) -> [UInt8] {
    func high(_ one: Int, _ other: Int) -> UInt8 { UInt8((one >> 8) << 4 | other >> 8) }
    func low(_ number: Int) -> UInt8 { UInt8(truncatingIfNeeded: number) }
    return [
      low(clock), low(clock >> 8), low(width), low(blank), high(width, blank), low(height),
      low(blankLines), high(height, blankLines), 1, 1, 0x11, 0, low(size.0), low(size.1),
      high(size.0, size.1), 0, 0, isInterlaced ? 0x80 : 0,
    ]
  }

  /// These bytes, filled up to a block that adds up to 0.
  static func summed(_ bytes: [UInt8]) -> [UInt8] {
    var block = Array((bytes + [UInt8](repeating: 0, count: 128)).prefix(127))
    block.append(0 &- block.reduce(0, &+))
    return block
  }

  /// All blocks, each made to add up to 0; sections of DisplayID too, as far as they fit.
  static func repaired(_ bytes: [UInt8]) -> [UInt8] {
    stride(from: 0, to: bytes.count / 128 * 128, by: 128).flatMap { start -> [UInt8] in
      var block = Array(bytes[start..<start + 128])
      let end = 5 + Int(block[2])
      if block[0] == 0x70, end < 127 {
        block[end] = 0 &- block[1..<end].reduce(0, &+)
      }
      return summed(block)
    } + bytes[(bytes.count / 128 * 128)...]
  }

  /// What a display with these bytes describes, in its own order and with what comes twice.
  static func modes(_ bytes: [UInt8]) -> [DisplayMode] {
    var modes: [DisplayMode] = []
    EDID(bytes.span).forEachMode { modes.append($0) }
    return modes
  }

  /// What a display with these bytes describes, each once.
  static func list(_ bytes: [UInt8]) -> [DisplayMode] {
    let list = EDID(bytes.span).modes
    return list.modes.indices.map { list.modes[$0] }
  }
}

extension EDIDText {
  /// The text as one of this language.
  var string: String {
    String(decoding: ascii.indices.map { ascii[$0] }, as: UTF8.self)
  }
}

extension DisplayMode {
  /// A mode with a clock in kilohertz.
  init(
    _ width: UInt32, _ height: UInt32, _ rate: UInt32, _ clock: UInt32?, interlaced: Bool = false
  ) {
    self.init(
      width: width, height: height, refreshRate: rate, pixelClock: clock, isInterlaced: interlaced)
  }
}
