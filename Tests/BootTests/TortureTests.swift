import Testing
import VirtIOGraphics
import VirtIOTesting

/// The Showcase while its device is broken in many ways, from outside, and never stopped for that.
@Suite struct TortureTests {
  private static func isExact(_ picture: Picture, step: Int) -> Bool {
    guard step >= 0 else { return false }
    var scene = Scene(
      width: picture.width, height: picture.height,
      facts: SceneFacts(scanout: 0, place: .function(bus: 0, device: 1, function: 0)))
    for _ in 0..<step { scene.advance() }
    var pixels = [UInt32](repeating: 0, count: picture.width * picture.height)
    var canvas = Canvas(
      width: picture.width, height: picture.height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    scene.draw(on: &canvas)
    let bytes = pixels.flatMap { [UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)] }
    return bytes == picture.bytes
  }

  @Test(
    """
    F-RECOVERY, F-NEEDSRESET: 600 corruptions of a running device: every stall is recovered, and the last \
    picture is exact
    """)
  func torture() async throws {
    var run = TortureRun(image: try Repository.image("Showcase"), width: 160, height: 100)
    run.corruptionCount = 600
    run.rate = 200
    let report = try await MachineSlots.shared.run { [run] in
      try await run.run(isExact: Self.isExact)
    }
    #expect(report.corruptionCount == 601)
    // Some do nothing; but not all of them.
    #expect(report.resetCount >= 5)
    #expect(report.exactStep != nil)
    print("Torture: \(report.line)")
  }

  @Test("the same seed is the same sequence of corruptions, another seed another")
  func sequence() {
    let first = Array(CorruptionSequence(seed: 7).prefix(1000))
    #expect(first == Array(CorruptionSequence(seed: 7).prefix(1000)))
    #expect(first != Array(CorruptionSequence(seed: 8).prefix(1000)))
    #expect(Set(first.map(\.kind)).count == 13)
  }

  // MARK: Its animation

  private static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
    [0, 0, 0, UInt8(data.count)] + Array(type.utf8) + data + [0, 0, 0, 0]
  }

  private static func png(width: UInt8, _ pixels: [UInt8]) -> [UInt8] {
    [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
      + chunk("IHDR", [0, 0, 0, width, 0, 0, 0, 1, 8, 2, 0, 0, 0])
      + chunk("IDAT", Array(pixels.prefix(1))) + chunk("IDAT", Array(pixels.dropFirst()))
      + chunk("IEND", [])
  }

  @Test("pictures of one size become an animation, with their pixels as they are")
  func animation() throws {
    var animation = Animation()
    #expect(animation.file(milliseconds: 40) == nil)
    let files = [
      Self.png(width: 4, [1, 2, 3]), Self.png(width: 4, [4, 5]), Self.png(width: 5, [6, 7]),
      Array(Self.png(width: 4, [8, 9]).prefix(40)), [],
    ]
    let taken = files.map { animation.add(png: $0) }
    #expect(taken == [true, true, false, false, false])
    let file = try #require(animation.file(milliseconds: 40))
    var types: [String] = []
    var rest = file[8...]
    while rest.count >= 12 {
      let start = rest.startIndex
      types.append(String(decoding: rest[start + 4..<start + 8], as: UTF8.self))
      rest = rest[(start + 12 + Int(rest[start + 3]))...]
    }
    #expect(types == ["IHDR", "acTL", "fcTL", "IDAT", "fcTL", "fdAT", "IEND"])
    #expect(file.firstRange(of: Array("IDAT".utf8) + [1, 2, 3]) != nil)
    #expect(file.firstRange(of: Array("fdAT".utf8) + [0, 0, 0, 2, 4, 5]) != nil)
    // As everywhere where nothing was left out: the check that ends each file.
    #expect(Array(file.suffix(4)) == [0xae, 0x42, 0x60, 0x82])
  }
}
