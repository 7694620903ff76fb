import ArgumentParser
import Foundation
import VirtIOGraphics
import VirtIOTesting

/// `virtio-vm torture`.
struct Torture: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Breaks the device of the running Showcase in many ways, and sees the picture come back.",
    discussion: """
      Boots the Showcase and writes garbage into its virtqueues and the device's replies, cuts requests \
      off, and breaks the device, all while it runs. Says each second how it goes. In the end the \
      picture has to be exact; an error is a kernel that has given up, a picture that stands still, or \
      one that is wrong. The same seed does the same things in the same order.

      Example: virtio-vm torture --headless --seed 7 --corruptions 600
      """)

  @Option(help: "What decides what is done.")
  var seed: UInt64 = 1

  @Option(help: "How many things to do.")
  var corruptions = 5000

  @Option(help: "How many of them to do in a second.")
  var rate = 500

  @Option(help: "Stops doing them after so many seconds.")
  var duration: Double?

  @Option(help: "The size of the display.")
  var size = PictureSize.small

  @Option(help: "Where to leave an animation of it, a picture a second.")
  var animation = "build/torture.png"

  @Flag(help: "Opens no window.")
  var headless = false

  func validate() throws {
    guard corruptions > 0, (1...100_000).contains(rate) else {
      throw ValidationError("--corruptions and --rate must be positive, --rate at most 100000.")
    }
    if let duration, !(duration > 0 && duration < 1e9) {
      throw ValidationError("--duration must be a positive number of seconds.")
    }
  }

  func run() async throws {
    _ = try QEMUProgram()
    let checkout = try Checkout(around: FileManager.default.currentDirectoryPath)
    Progress.say("building Showcase")
    try await ImageBuilder(checkout).build("Showcase")
    var run = TortureRun(
      image: checkout.product("Showcase"), width: Int(size.width), height: Int(size.height))
    run.seed = seed
    run.corruptionCount = corruptions
    run.rate = rate
    run.limit = duration.map { .seconds($0) }
    run.pictureCount = 24
    run.configuration.display = !headless && Desktop.isPresent ? .window : .none
    let report = try await run.run(isExact: Self.isExact) { Self.show($0.line) }
    Self.show("\(report.line)\n\n\(report.table)\n")
    guard let file = report.animation(milliseconds: 500) else { return }
    try OutputFile.write(file, to: animation)
    Progress.say("wrote \(animation)")
  }

  /// Each line takes the place of the one before.
  private static func show(_ text: String) {
    try? FileHandle.standardOutput.write(contentsOf: Data("\r\u{1b}[K\(text)".utf8))
  }

  /// Whether a picture shows the scene as the guest draws it after so many steps.
  static func isExact(_ picture: Picture, step: Int) -> Bool {
    guard step >= 0 else { return false }
    let (width, height) = (picture.width, picture.height)
    var scene = Scene(
      width: width, height: height,
      facts: SceneFacts(scanout: 0, place: .function(bus: 0, device: 1, function: 0)))
    for _ in 0..<step { scene.advance() }
    var pixels = [UInt32](repeating: 0, count: width * height)
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    scene.draw(on: &canvas)
    return pixels.indices.allSatisfy { index in
      let (pixel, place) = (pixels[index], 3 * index)
      return picture.bytes[place] == UInt8(pixel >> 16 & 255)
        && picture.bytes[place + 1] == UInt8(pixel >> 8 & 255)
        && picture.bytes[place + 2] == UInt8(pixel & 255)
    }
  }
}
