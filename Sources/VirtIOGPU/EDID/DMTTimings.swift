extension DisplayMode {
  /// The timing with this id in VESA's list of Display Monitor Timings; nil for an id without one.
  init?(dmt id: Int) {
    guard 1...DMTTimings.idCount ~= id else { return nil }
    self.init(dmtRow: id &- 1)
  }

  /// The timing of a bit in Established Timings I, II and III: bit 7 of the first byte is 0.
  init?(established bit: Int) {
    guard DMTTimings.established.indices ~= bit, DMTTimings.established[bit] != 0 else {
      return nil
    }
    self.init(dmtRow: Int(DMTTimings.established[bit]) &- 1)
  }

  /// The timing that a standard timing of this size and rate names.
  ///
  /// - Parameters:
  ///   - width: In pixels.
  ///   - height: In lines.
  ///   - rate: In hertz.
  /// - Returns: The timing of VESA's list, or just this size and rate if it has none.
  init(standard width: Int, _ height: Int, rate: Int) {
    for row in 0..<DMTTimings.idCount {
      let start = row &* 4
      // 72.809 Hz is called 72 there, and 59.810 is called 60.
      guard DMTTimings.rows[start] == width, DMTTimings.rows[start &+ 1] == height,
        (DMTTimings.rows[start &+ 2] &+ 190) / 1000 == rate
      else { continue }
      self.init(dmtRow: row)
      return
    }
    self.init(
      width: UInt32(clamping: width), height: UInt32(clamping: height),
      refreshRate: UInt32(clamping: rate &* 1000))
  }

  private init(dmtRow row: Int) {
    let start = DMTTimings.start(ofRow: row)
    self.init(
      row: DMTTimings.rows[start], DMTTimings.rows[start &+ 1], DMTTimings.rows[start &+ 2],
      DMTTimings.rows[start &+ 3])
  }
}

private enum DMTTimings {
  /// How many ids there are: from 1 on, without gaps.
  static var idCount: Int { 88 }

  /// How many rows there are, those without an id too.
  private static var rowCount: UInt { 93 }

  /// Where a row begins; of the last one if there is none.
  static func start(ofRow row: Int) -> Int {
    Int(bitPattern: min(UInt(bitPattern: row), rowCount &- 1)) &* 4
  }

  /// VESA's Display Monitor Timings in order of their ids, as rows of ``DisplayMode/init(row:_:_:_:)``.
  ///
  /// The rate of those that no standard timing names is negative. Behind them are those of IBM and Apple
  /// that Established Timings name and VESA does not.
  static let rows: InlineArray<372, Int32> = [
    640, 350, -85_080, 31_500,  // 0x01
    640, 400, 85_080, 31_500,  // 0x02
    720, 400, -85_039, 35_500,  // 0x03
    640, 480, 59_940, 25_175,  // 0x04
    640, 480, 72_809, 31_500,  // 0x05
    640, 480, 75_000, 31_500,  // 0x06
    640, 480, 85_008, 36_000,  // 0x07
    800, 600, -56_250, 36_000,  // 0x08
    800, 600, 60_317, 40_000,  // 0x09
    800, 600, 72_188, 50_000,  // 0x0a
    800, 600, 75_000, 49_500,  // 0x0b
    800, 600, 85_061, 56_250,  // 0x0c
    800, 600, -119_972, 73_250,  // 0x0d
    848, 480, -60_000, 33_750,  // 0x0e
    1024, -768, -86_958, 44_900,  // 0x0f
    1024, 768, 60_004, 65_000,  // 0x10
    1024, 768, 70_069, 75_000,  // 0x11
    1024, 768, 75_029, 78_750,  // 0x12
    1024, 768, 84_997, 94_500,  // 0x13
    1024, 768, -119_989, 115_500,  // 0x14
    1152, 864, 75_000, 108_000,  // 0x15
    1280, 768, -59_995, 68_250,  // 0x16
    1280, 768, -59_870, 79_500,  // 0x17
    1280, 768, -74_893, 102_250,  // 0x18
    1280, 768, -84_837, 117_500,  // 0x19
    1280, 768, -119_798, 140_250,  // 0x1a
    1280, 800, -59_910, 71_000,  // 0x1b
    1280, 800, 59_810, 83_500,  // 0x1c
    1280, 800, 74_934, 106_500,  // 0x1d
    1280, 800, 84_880, 122_500,  // 0x1e
    1280, 800, -119_909, 146_250,  // 0x1f
    1280, 960, 60_000, 108_000,  // 0x20
    1280, 960, 85_002, 148_500,  // 0x21
    1280, 960, -119_838, 175_500,  // 0x22
    1280, 1024, 60_020, 108_000,  // 0x23
    1280, 1024, 75_025, 135_000,  // 0x24
    1280, 1024, 85_024, 157_500,  // 0x25
    1280, 1024, -119_958, 187_250,  // 0x26
    1360, 768, -60_015, 85_500,  // 0x27
    1360, 768, -119_967, 148_250,  // 0x28
    1400, 1050, -59_948, 101_000,  // 0x29
    1400, 1050, 59_978, 121_750,  // 0x2a
    1400, 1050, 74_867, 156_000,  // 0x2b
    1400, 1050, 84_960, 179_500,  // 0x2c
    1400, 1050, -119_904, 208_000,  // 0x2d
    1440, 900, -59_901, 88_750,  // 0x2e
    1440, 900, 59_887, 106_500,  // 0x2f
    1440, 900, 74_984, 136_750,  // 0x30
    1440, 900, 84_842, 157_000,  // 0x31
    1440, 900, -119_852, 182_750,  // 0x32
    1600, 1200, 60_000, 162_000,  // 0x33
    1600, 1200, 65_000, 175_500,  // 0x34
    1600, 1200, 70_000, 189_000,  // 0x35
    1600, 1200, 75_000, 202_500,  // 0x36
    1600, 1200, 85_000, 229_500,  // 0x37
    1600, 1200, -119_917, 268_250,  // 0x38
    1680, 1050, -59_883, 119_000,  // 0x39
    1680, 1050, 59_954, 146_250,  // 0x3a
    1680, 1050, 74_892, 187_000,  // 0x3b
    1680, 1050, 84_941, 214_750,  // 0x3c
    1680, 1050, -119_986, 245_500,  // 0x3d
    1792, 1344, 60_000, 204_750,  // 0x3e
    1792, 1344, 74_997, 261_000,  // 0x3f
    1792, 1344, -119_974, 333_250,  // 0x40
    1856, 1392, 59_995, 218_250,  // 0x41
    1856, 1392, 75_000, 288_000,  // 0x42
    1856, 1392, -120_051, 356_500,  // 0x43
    1920, 1200, -59_950, 154_000,  // 0x44
    1920, 1200, 59_885, 193_250,  // 0x45
    1920, 1200, 74_930, 245_250,  // 0x46
    1920, 1200, 84_932, 281_250,  // 0x47
    1920, 1200, -119_909, 317_000,  // 0x48
    1920, 1440, 60_000, 234_000,  // 0x49
    1920, 1440, 75_000, 297_000,  // 0x4a
    1920, 1440, -120_113, 380_500,  // 0x4b
    2560, 1600, -59_972, 268_500,  // 0x4c
    2560, 1600, -59_987, 348_500,  // 0x4d
    2560, 1600, -74_972, 443_250,  // 0x4e
    2560, 1600, -84_951, 505_250,  // 0x4f
    2560, 1600, -119_963, 552_750,  // 0x50
    1366, 768, -59_790, 85_500,  // 0x51
    1920, 1080, 60_000, 148_500,  // 0x52
    1600, 900, 60_000, 108_000,  // 0x53
    2048, 1152, 60_000, 162_000,  // 0x54
    1280, 720, 60_000, 74_250,  // 0x55
    1366, 768, -60_000, 72_000,  // 0x56
    4096, 2160, -60_000, 556_744,  // 0x57
    4096, 2160, -59_940, 556_188,  // 0x58
    720, 400, -70_082, 28_320,  // 0x59
    720, 400, -87_850, 35_500,  // 0x5a
    640, 480, -66_667, 30_240,  // 0x5b
    832, 624, -74_551, 57_284,  // 0x5c
    1152, 870, -75_062, 100_000,  // 0x5d
  ]

  /// The rows, counted from 1, of the bits of Established Timings I, II and III.
  static let established: InlineArray<68, UInt8> = [
    0x59, 0x5a, 0x04, 0x5b, 0x05, 0x06, 0x08, 0x09,
    0x0a, 0x0b, 0x5c, 0x0f, 0x10, 0x11, 0x12, 0x24,
    0x5d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x01, 0x02, 0x03, 0x07, 0x0e, 0x0c, 0x13, 0x15,
    0x16, 0x17, 0x18, 0x19, 0x20, 0x21, 0x23, 0x25,
    0x27, 0x2e, 0x2f, 0x30, 0x31, 0x29, 0x2a, 0x2b,
    0x2c, 0x39, 0x3a, 0x3b, 0x3c, 0x33, 0x34, 0x35,
    0x36, 0x37, 0x3e, 0x3f, 0x41, 0x42, 0x44, 0x45,
    0x46, 0x47, 0x49, 0x4a,
  ]
}
