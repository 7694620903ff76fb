import Foundation
import Testing
import VirtIOGraphics
import VirtIOTesting

/// The tutorial: what it shows is what is built here, and what it promises is what is seen.
@Suite struct TutorialTests {
  private static let folder = "docs/Tutorial.docc"
  private static let programs = ["FirstLine", "Device", "MovingPicture", "Cursor"]
  private static let firstFrame = "Examples/HelloPixels/Sources/HelloPixels/Main.swift"

  private static func page() throws -> MarkdownPage { try MarkdownPage("\(folder)/Tutorial.md") }

  @Test("each program that the tutorial shows is a file, to the letter")
  func listings() throws {
    let blocks = try Self.page().texts("swift")
    let files = [
      "\(Self.folder)/Package.swift", "\(Self.folder)/FirstLine.swift",
      "\(Self.folder)/Device.swift", Self.firstFrame, "\(Self.folder)/MovingPicture.swift",
    ]
    try #require(blocks.count > files.count)
    for (block, file) in zip(blocks, files) {
      #expect(try block == Repository.text(file), "the tutorial shows another \(file)")
    }
    // The last one is shown as what is new in it, and is the one before with nothing else.
    let last = try Repository.text("\(Self.folder)/Cursor.swift")
    let parts = blocks.dropFirst(files.count)
    for part in parts { #expect(last.contains(part)) }
    let shown = Set(parts.flatMap { $0.split(separator: "\n") })
    let old = try Repository.text("\(Self.folder)/MovingPicture.swift").split(separator: "\n")
    for change in last.split(separator: "\n").difference(from: old) {
      guard case .insert(_, let line, _) = change else {
        Issue.record("\(change) is not told")
        continue
      }
      #expect(shown.contains(line), "'\(line)' is not told")
    }
  }

  @Test("what the tutorial has one type in the shell is what virtio-vm says of a new package")
  func commands() throws {
    let checkout = try Repository.checkout()
    let boot = try NewPackage("hello", using: checkout).command
      .replacing(/--package-path .* virtio-vm/, with: "--package-path ../swift-virtio virtio-vm")
    let commands = try Self.page().commands
    #expect(commands.prefix(2) == ["mkdir -p picture/Sources/Picture", "cd picture"])
    #expect(commands.count == 5)
    for command in commands.dropFirst(2) { #expect(command.hasPrefix(boot), "\(command)") }
  }

  @Test("the tutorial's programs build, boot, and say and show what it promises")
  func programs() async throws {
    let checkout = try Repository.checkout()
    let folder = try TemporaryFolder()
    try Self.write(to: folder.path, using: checkout)
    let built = try await ImageBuilder(checkout).buildPrograms(of: folder.path)
    let promises = try Self.page().texts("").map { $0.trimmingCharacters(in: .newlines) }
    #expect(promises.count == 2)
    for (program, promise) in zip(["FirstLine", "Device"], promises) {
      try await Self.run("\(built)/\(program)") { machine in
        try await machine.waitUntilEnded()
        #expect(machine.serial.lines.map(\.text) == [promise])
      }
    }
    try await Self.run("\(built)/MovingPicture") { machine in
      try await machine.waitUntilReady()
      #expect(try await machine.picture().bytes == Self.picture(after: Self.frames).bytes)
    }
    try await Self.run("\(built)/Cursor") { machine in
      try await machine.waitUntilReady()
      #expect(try await machine.picture().bytes == Self.picture(after: Self.frames).bytes)
      let client = try await machine.connectVNC(head: 0)
      try await client.announceCursor()
      #expect(try await client.nextCursor() == Self.cursor())
      let (x, y) = Self.picture(after: Self.frames).ball
      let moved = "scanout 0, x \(x), y \(y), move"
      #expect(machine.log().contains { $0.contains(moved) }, "\(moved)")
    }
  }

  /// How far the ball is followed: it has come back from two edges by then.
  private static let frames = 60

  private static func run(
    _ image: String, _ body: @escaping @Sendable (QEMUMachine) async throws -> Void
  ) async throws {
    var machine = MachineConfiguration(image: image)
    machine.gpus = ["virtio-gpu-pci,xres=320,yres=240"]
    machine.append = "frames=\(frames)"
    machine.display = .heads(1)
    machine.traceEvents = ["virtio_gpu_update_cursor"]
    try await MachineSlots.shared.run(machine) { machine in
      try await body(machine)
      #expect(machine.guestErrors() == [])
    }
  }

  /// Writes the tutorial's package, but with a program of each name beside the others.
  private static func write(to folder: String, using checkout: Checkout) throws {
    let manifest = try Repository.text("\(Self.folder)/Package.swift")
      .replacingOccurrences(of: "\"../swift-virtio\"", with: "\"\(checkout.root)\"")
    let start = try #require(manifest.range(of: "    .executableTarget("))
    let end = try #require(manifest.range(of: "\n  ]\n)", options: .backwards))
    let target = manifest[start.lowerBound..<end.lowerBound]
    let targets = programs.map {
      target.replacingOccurrences(of: "\"Picture\"", with: "\"\($0)\"")
    }
    let whole =
      manifest[..<start.lowerBound] + targets.joined(separator: ",\n") + manifest[end.lowerBound...]
    try Data(whole.utf8).write(to: URL(fileURLWithPath: "\(folder)/Package.swift"))
    for program in programs {
      let sources = "\(folder)/Sources/\(program)"
      try FileManager.default.createDirectory(
        atPath: sources, withIntermediateDirectories: true)
      try FileManager.default.copyItem(
        atPath: "\(checkout.root)/\(Self.folder)/\(program).swift", toPath: "\(sources)/Main.swift")
    }
  }

  /// The picture after so many frames on a display of 320 by 240 pixels, and where the ball is.
  private static func picture(after frames: Int) -> (bytes: [UInt8], ball: (Int, Int)) {
    let (width, height, radius) = (320, 240, 40)
    var (x, y, stepX, stepY) = (100, 100, 4, 3)
    for _ in 0..<frames {
      if x + stepX < radius || x + stepX >= width - radius { stepX = -stepX }
      if y + stepY < radius || y + stepY >= height - radius { stepY = -stepY }
      (x, y) = (x + stepX, y + stepY)
    }
    var pixels = [UInt32](repeating: 0, count: width * height)
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    canvas.fill(Color(rgb: 0x10_2040))
    canvas.draw("Hello, pixels!", x: 32, y: 32, scale: 4, color: .white)
    canvas.fill(Circle(x: x, y: y, radius: radius), with: Color(rgb: 0xF0_5138))
    let bytes = pixels.flatMap {
      [UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)]
    }
    return (bytes, (x, y))
  }

  /// The ring, as a client of the machine's screen is to draw it.
  private static func cursor() -> RFBCursor {
    var pixels = [UInt32](repeating: 0, count: 64 * 64)
    var canvas = Canvas(
      width: 64, height: 64, format: .b8g8r8a8, pixels: pixels.mutableSpan)
    canvas.outline(Circle(x: 16, y: 16, radius: 14), thickness: 3, with: .white)
    return RFBCursor(width: 64, height: 64, hotspotX: 16, hotspotY: 16, pixels: pixels)
  }
}
