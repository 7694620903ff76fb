import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// What QEMU's own descriptions of its displays say.
@Suite struct EDIDTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  /// A display that QEMU was asked for, and what it makes of it.
  struct Sample: Sendable, CustomTestStringConvertible {
    let width: UInt32
    let height: UInt32
    let clock: UInt32
    let rate: UInt32
    let widthInMillimetres: UInt32
    let heightInMillimetres: UInt32
    var testDescription: String { "\(width)x\(height)" }

    init(_ width: UInt32, _ height: UInt32, _ clock: UInt32, _ rate: UInt32, size: (UInt32, UInt32))
    {
      (self.width, self.height, self.clock, self.rate) = (width, height, clock, rate)
      (widthInMillimetres, heightInMillimetres) = size
    }

    /// Its own mode does not fit into a detailed timing: there is a section of DisplayID for it.
    var isLarge: Bool { width >= 4096 || clock > 655_350 }
  }

  private static let samples = [
    Sample(640, 480, 32_140, 74_998, size: (162, 121)),
    Sample(1023, 769, 82_340, 74_998, size: (259, 195)),
    Sample(1280, 800, 107_300, 74_994, size: (325, 203)),
    Sample(1920, 1080, 217_140, 74_998, size: (487, 274)),
    Sample(2560, 1440, 386_200, 74_998, size: (650, 365)),
    Sample(3840, 2160, 868_970, 75_000, size: (970, 540)),
    Sample(5120, 2160, 1_158_630, 75_000, size: (1300, 540)),
    Sample(7680, 4320, 3_476_650, 75_000, size: (1950, 1090)),
  ]

  /// The modes that QEMU gives every display: formats of CTA-861.
  private static let formats: [(UInt32, UInt32, UInt32, UInt32)] = [
    (5120, 2160, 50_000, 742_500), (4096, 2160, 50_000, 594_000), (3840, 2160, 50_000, 594_000),
    (2560, 1080, 50_000, 185_625), (1920, 1080, 50_000, 148_500), (3840, 2160, 60_000, 594_000),
  ]
  /// The modes that QEMU gives every display: standard and established timings.
  private static let timings: [(UInt32, UInt32, UInt32, UInt32)] = [
    (2048, 1152, 60_000, 162_000), (1920, 1080, 60_000, 148_500), (1920, 1200, 59_885, 193_250),
    (1600, 1200, 60_000, 162_000), (1680, 1050, 59_954, 146_250), (1440, 900, 59_887, 106_500),
    (1280, 1024, 60_020, 108_000), (1280, 960, 60_000, 108_000), (1280, 768, 59_870, 79_500),
    (1360, 768, 60_015, 85_500), (1400, 1050, 59_978, 121_750), (1792, 1344, 60_000, 204_750),
    (1856, 1392, 59_995, 218_250), (1920, 1440, 60_000, 234_000), (640, 480, 59_940, 25_175),
    (800, 600, 60_317, 40_000), (1024, 768, 60_004, 65_000),
  ]

  private static func modes(_ list: [(UInt32, UInt32, UInt32, UInt32)]) -> [DisplayMode] {
    list.map { DisplayMode(width: $0.0, height: $0.1, refreshRate: $0.2, pixelClock: $0.3) }
  }

  @Test(
    """
    F-EDID, F-CTA, F-DISPLAYID, GPU-INIT-3: all that QEMU's description of a display says is read
    """, arguments: samples)
  func description(_ sample: Sample) async throws {
    let configuration = HostedMachine.configuration(
      width: Int(sample.width), height: Int(sample.height))
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      let scanout = display.scanouts[0].id
      let edid = try display.readEDID(of: scanout, waiting: Self.second)
      // The answer has room for 8 blocks, and says that they are there; its count is right.
      #expect(edid.bytes.count == 1024 && edid.blocks.presentCount == 8 && edid.isValid)
      let blockCount = sample.isLarge ? 3 : 2
      #expect(edid.blocks.claimedCount == blockCount && edid.blocks.believedCount == blockCount)

      #expect(edid.version == EDID.Version(major: 1, minor: 4))
      #expect(Self.string(edid.manufacturer) == "RHT" && edid.productCode == 0x1234)
      #expect(Self.string(edid.displayName) == "QEMU Monitor")
      #expect(edid.serialNumber == nil && edid.serialText == nil)
      #expect(
        edid.physicalSize
          == EDID.PhysicalSize(
            width: sample.widthInMillimetres, height: sample.heightInMillimetres))

      let preferred = DisplayMode(
        width: sample.width, height: sample.height, refreshRate: sample.rate,
        pixelClock: sample.clock, isPreferred: true)
      #expect(edid.preferredMode == preferred)
      let (formats, timings) = (Self.modes(Self.formats), Self.modes(Self.timings))
      let expected =
        sample.isLarge ? formats + [preferred] + timings : [preferred] + formats + timings
      let answer = display.modes(of: scanout)
      let list = try #require(answer)
      #expect(list.modes.indices.map { list.modes[$0] } == expected && !list.isTruncated)
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("F-EDIDCACHE, GPU-EVT-2: each head describes itself, and anew after it was resized")
  func heads() async throws {
    var configuration = HostedMachine.configuration(width: 320, height: 200, "max_outputs=2")
    configuration.display = .heads(2)
    try await HostedMachine.run(configuration) { machine in
      var display = try machine.openScreen()
      let (first, second) = (display.scanouts[0].id, display.scanouts[1].id)
      let client = try await machine.qemu.connectVNC(head: 1)
      for size: (UInt16, UInt16) in [(401, 303), (1024, 768), (5000, 17)] {
        try await client.setDesktopSize(width: size.0, height: size.1)
        #expect(try display.takeDisplayEvent(waiting: Self.second))
        let (early, modes) = (display.edid(of: second)?.isValid, display.modes(of: second)?.count)
        #expect(early == nil && modes == nil, "what was known is out of date")
        let one = try display.readEDID(of: first, waiting: Self.second)
        let other = try display.readEDID(of: second, waiting: Self.second)
        #expect(one.preferredMode?.width == 320 && one.preferredMode?.height == 200)
        let preferred = try #require(other.preferredMode)
        #expect(preferred.width == UInt32(size.0) && preferred.height == UInt32(size.1))
        // Each is kept by itself.
        let (kept, keptOther) = (
          display.edid(of: first)?.preferredMode, display.edid(of: second)?.preferredMode
        )
        #expect(kept == one.preferredMode && keptOther == preferred)
      }
      try display.close(waiting: Self.second)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  private static func string(_ text: EDIDText?) -> String? {
    text.map { text in
      String(decoding: text.ascii.indices.map { text.ascii[$0] }, as: UTF8.self)
    }
  }
}
