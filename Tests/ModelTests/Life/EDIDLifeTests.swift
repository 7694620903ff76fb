import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// Descriptions of displays that QEMU would not give, through the whole driver.
@Suite struct EDIDLifeTests {
  private static let first = ScanoutID(rawValue: 0)

  /// A base block whose preferred mode has a size, of 60 pictures a second.
  private static func base(_ width: Int, _ height: Int, claiming count: UInt8 = 0) -> [UInt8] {
    var block: [UInt8] = [0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0]
    block += [0x04, 0x43, 0, 0, 0, 0, 0, 0, 1, 34, 1, 4, 0x80, 0, 0, 120, 0]
    block += [UInt8](repeating: 0, count: 13) + [UInt8](repeating: 1, count: 16)
    let clock = (width + 100) * (height + 20) * 60 / 10_000
    block += [UInt8(clock & 255), UInt8(clock >> 8), UInt8(width & 255), 100]
    block += [UInt8(width >> 8) << 4, UInt8(height & 255), 20, UInt8(height >> 8) << 4]
    block += [UInt8](repeating: 0, count: 126 - block.count) + [count]
    return block + [0 &- block.reduce(0, &+)]
  }

  /// Opens a display on a machine, and reads what its first scanout says.
  private func read(_ configuration: ModelConfiguration) throws -> EDID {
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    let edid = try display.readEDID(of: Self.first, waiting: patience)
    let answer = display.modes(of: Self.first)
    #expect(answer?.count == edid.modes.count)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    return edid
  }

  @Test("G22: whatever a display says of itself, a picture has the size that its scanout has")
  func disagreement() throws {
    var configuration = ModelConfiguration()
    configuration.outputs = [.init(width: 20, height: 10)]
    configuration.edid = Self.base(1920, 1080)
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    let edid = try display.readEDID(of: Self.first, waiting: patience)
    #expect(edid.preferredMode?.width == 1920 && edid.preferredMode?.height == 1080)
    let frame = try display.nextFrame(waiting: patience)
    #expect(frame.width == 20 && frame.height == 10)
    try display.finish(display.present(frame), waiting: patience)
    #expect(display.scanouts[0].width == 20 && display.scanouts[0].height == 10)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test(
    "G23, G24: a description is as long as the device says, but never longer than there is room")
  func lengths() throws {
    var configuration = ModelConfiguration()
    configuration.edid = Self.base(640, 480, claiming: 255)
    let cases: [(UInt32, Int)] = [
      (0, 0), (1, 1), (127, 127), (128, 128), (1024, 1024), (1025, 1024), (1 << 31, 1024),
      (.max, 1024),
    ]
    for (claimed, believed) in cases {
      configuration.claimedEDIDByteCount = claimed
      let edid = try read(configuration)
      #expect(edid.bytes.count == believed && edid.isValid == (believed >= 128))
      #expect(edid.modes.count == (believed >= 128 ? 1 : 0))
    }
  }

  @Test("G25: a description that is not believed is read, and says nothing")
  func nonsense() throws {
    var configuration = ModelConfiguration()
    for index in [0, 18, 60, 127] {
      configuration.edid = Self.base(640, 480)
      configuration.edid[index] ^= 0x81
      let edid = try read(configuration)
      #expect(!edid.isValid && edid.modes.count == 0 && edid.bytes.count == 128)
    }
    for byte: UInt8 in [0, 0xff] {
      configuration.edid = [UInt8](repeating: byte, count: 1024)
      #expect(try !read(configuration).isValid)
    }
  }

  @Test("G26: more blocks than there are can be claimed, and are not looked for")
  func claims() throws {
    var configuration = ModelConfiguration()
    configuration.edid = Self.base(640, 480, claiming: 255)
    let edid = try read(configuration)
    #expect(edid.blocks.claimedCount == 256 && edid.blocks.believedCount == 1)
    #expect(edid.modes.count == 1)
  }

  @Test("G30: a description stays as it was read, whatever the device says next")
  func changing() throws {
    var configuration = ModelConfiguration()
    configuration.outputs[0].edid = Self.base(640, 480)
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    let old = try display.readEDID(of: Self.first, waiting: patience)
    var output = configuration.outputs[0]
    output.edid = Self.base(800, 600)
    machine.setOutput(0, to: output)
    #expect(old.preferredMode?.width == 640)
    let new = try display.readEDID(of: Self.first, waiting: patience)
    #expect(new.preferredMode?.width == 800 && old.preferredMode?.width == 640)
    #expect(try display.takeDisplayEvent(waiting: patience))
    _ = try display.readEDID(of: Self.first, waiting: patience)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("GPU-INIT-3: each display has a description of its own")
  func several() throws {
    var configuration = ModelConfiguration()
    configuration.edid = Self.base(640, 480)
    configuration.outputs = [.init(width: 64, height: 48), .init(width: 64, height: 48)]
    configuration.outputs[1].edid = Self.base(800, 600)
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    let one = try display.readEDID(of: Self.first, waiting: patience)
    let other = try display.readEDID(of: ScanoutID(rawValue: 1), waiting: patience)
    #expect(one.preferredMode?.width == 640 && other.preferredMode?.width == 800)
    let kept = display.edid(of: Self.first)?.preferredMode?.width
    #expect(kept == 640)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }
}
