import Synchronization
import Testing
import VirtIOGraphics
import VirtIOTesting

/// TestCard and the Showcase while displays are resized under them.
@Suite struct ResizeTests {
  private static func configuration(
    _ image: String, heads: Int = 1, append: String = ""
  ) throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image(image))
    machine.gpus = [MachineShape.gpu(640, 480, "max_outputs=\(heads)")]
    machine.display = .heads(heads)
    machine.append = append
    return machine
  }

  /// Waits for a line that has not been there more than `count` times.
  private static func wait(
    _ machine: QEMUMachine, for text: String, after count: Int = 0
  ) async throws {
    let seen = Counter()
    let line = try await machine.serial.first {
      $0.text.hasPrefix("PANIC") || ($0.text == text && seen.next() > count)
    }
    guard let line, line.text == text else { throw machine.ended(waitingFor: text) }
  }

  /// How often a line is there.
  private static func count(_ machine: QEMUMachine, of text: String) -> Int {
    machine.serial.lines.count { $0.text == text }
  }

  /// The times that the guest has said.
  private static func times(_ machine: QEMUMachine) -> [Int] {
    machine.serial.lines.compactMap { line in
      line.text.firstRange(of: "shown us=").flatMap { Int(line.text[$0.upperBound...]) }
    }
  }

  /// Sizes of all kinds, no two alike.
  private static let sizes = [
    (800, 600), (641, 479), (16, 16), (1023, 769), (17, 4001), (4001, 17), (333, 201), (1280, 720),
    (18, 19), (720, 576), (31, 33), (1024, 768), (5000, 16), (16, 3000), (999, 333), (64, 64),
    (1920, 1080), (255, 257), (800, 601), (700, 500),
  ]

  // MARK: TestCard

  private static func checkCard(
    _ machine: QEMUMachine, _ width: Int, _ height: Int, head: Int = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let picture = try await machine.picture(gpu: 0, head: head)
    let difference = TestCardPicture.difference(
      picture, scanout: head, width: width, height: height)
    #expect(difference == nil, "\(width)x\(height)", sourceLocation: sourceLocation)
  }

  @Test(
    "F-RESIZE, F-HOTPLUG, GPU-EVT-1: twenty sizes in a row, each shown exactly",
    arguments: ["wait=poll", "wait=interrupt"])
  func card(_ append: String) async throws {
    let configuration = try Self.configuration("TestCard", append: append)
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilReady()
      let client = try await machine.connectVNC(head: 0)
      for (width, height) in Self.sizes {
        try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
        try await Self.wait(machine, for: "TESTCARD scanout=0 size=\(width)x\(height)")
        try await Self.checkCard(machine, width, height)
      }
      // The last one may be said after the picture was looked at.
      let seen = Counter()
      _ = try await machine.serial.first { $0.text.contains("shown us=") && seen.next() == 20 }
      let times = Self.times(machine).sorted()
      print("TestCard \(append): from event to picture \(times[times.count / 2]) us of \(times)")
      #expect(machine.guestErrors() == [])
    }
  }

  /// Sizes that cannot be shown, and what is said of each.
  private static let refused = [
    (1, 1, "was refused with 0x1205"), (15, 640, "was refused with 0x1205"),
    (5000, 10, "was refused with 0x1205"), (65535, 65535, "65535x65535"),
  ]

  @Test("a size that cannot be shown gets one line, the old one stays, and the next is served")
  func refusedCard() async throws {
    try await MachineSlots.shared.run(Self.configuration("TestCard")) { machine in
      try await machine.waitUntilReady()
      let client = try await machine.connectVNC(head: 0)
      var (width, height) = (640, 480)
      for (index, refused) in Self.refused.enumerated() {
        let before = machine.serial.lines.count
        try await client.setDesktopSize(width: UInt16(refused.0), height: UInt16(refused.1))
        let seen = Counter()
        _ = try await machine.serial.first { seen.next() > before && $0.text.contains(refused.2) }
        try await Self.checkCard(machine, width, height)
        (width, height) = (700 + index, 500)
        try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
        try await Self.wait(machine, for: "TESTCARD scanout=0 size=\(width)x\(height)")
        try await Self.checkCard(machine, width, height)
        let lines = machine.serial.lines[before...].map(\.text).filter {
          !$0.contains("size=") && !$0.contains("shown us=")
        }
        #expect(lines.count == 1, "\(lines)")
      }
    }
  }

  @Test("heads are plugged, resized and unplugged again, in the same size too")
  func plugging() async throws {
    try await MachineSlots.shared.run(Self.configuration("TestCard", heads: 2)) { machine in
      try await machine.waitUntilReady()
      let client = try await machine.connectVNC(head: 1)
      for (width, height) in [(320, 200), (320, 200), (401, 303), (320, 200)] {
        let line = "TESTCARD scanout=1 size=\(width)x\(height)"
        let before = Self.count(machine, of: line)
        try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
        try await Self.wait(machine, for: line, after: before)
        try await Self.checkCard(machine, width, height, head: 1)
        try await client.setDesktopSize(width: 0, height: 0)
        // The first head shows that the event has been served.
        let first = try await machine.connectVNC(head: 0)
        let size = (640 + machine.serial.lines.count, 480)
        try await first.setDesktopSize(width: UInt16(size.0), height: UInt16(size.1))
        try await Self.wait(machine, for: "TESTCARD scanout=0 size=\(size.0)x\(size.1)")
        try await Self.checkCard(machine, size.0, size.1)
      }
      #expect(machine.guestErrors() == [])
    }
  }

  // MARK: Showcase

  /// The scene as the guest draws it, after so many steps.
  private static func scene(scanout: Int, width: Int, height: Int, step: Int) -> Picture? {
    var scene = Scene(
      width: width, height: height,
      facts: SceneFacts(scanout: scanout, place: .function(bus: 0, device: 1, function: 0)))
    for _ in 0..<step { scene.advance() }
    var pixels = [UInt32](repeating: 0, count: width * height)
    var canvas = Canvas(
      width: width, height: height, format: .b8g8r8x8, pixels: pixels.mutableSpan)
    scene.draw(on: &canvas)
    let bytes = pixels.flatMap { [UInt8($0 >> 16 & 255), UInt8($0 >> 8 & 255), UInt8($0 & 255)] }
    return Picture(width: width, height: height, bytes: bytes)
  }

  /// Waits until a scene has made its steps in this size, and compares it.
  private static func checkScene(
    _ machine: QEMUMachine, _ width: Int, _ height: Int, head: Int = 0, after count: Int = 0,
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    try await wait(
      machine, for: "SHOWCASE scanout=\(head) step=9 of \(width)x\(height)", after: count)
    let picture = try await machine.picture(gpu: 0, head: head)
    let isRight = picture == scene(scanout: head, width: width, height: height, step: 9)
    #expect(isRight, "\(width)x\(height)", sourceLocation: sourceLocation)
  }

  @Test(
    "F-RESIZE, GPU-EVT-1: the Showcase in motion, twenty sizes in a row, each shown exactly",
    arguments: ["wait=poll buffers=1", "buffers=3"])
  func showcase(_ append: String) async throws {
    let configuration = try Self.configuration("Showcase", append: "only=scene steps=9 \(append)")
    try await MachineSlots.shared.run(configuration) { machine in
      try await Self.checkScene(machine, 640, 480)
      let client = try await machine.connectVNC(head: 0)
      for (width, height) in Self.sizes {
        try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
        try await Self.checkScene(machine, width, height)
      }
      let times = Self.times(machine).sorted()
      #expect(times.count == 20)
      print("Showcase \(append): from event to picture \(times[times.count / 2]) us of \(times)")
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("twenty sizes that come faster than frames: the last is shown exactly")
  func storm() async throws {
    let configuration = try Self.configuration("Showcase", append: "only=scene steps=9")
    try await MachineSlots.shared.run(configuration) { machine in
      try await machine.waitUntilReady()
      let client = try await machine.connectVNC(head: 0)
      for (width, height) in Self.sizes {
        try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
      }
      try await Self.checkScene(machine, 700, 500)
      #expect(machine.guestErrors() == [])
    }
  }

  @Test("the Showcase says once what cannot be shown, goes on in the old size, and serves the next")
  func refusedShowcase() async throws {
    let configuration = try Self.configuration("Showcase", append: "only=scene steps=9")
    try await MachineSlots.shared.run(configuration) { machine in
      try await Self.checkScene(machine, 640, 480)
      let client = try await machine.connectVNC(head: 0)
      var (width, height) = (640, 480)
      for (index, refused) in Self.refused.enumerated() {
        let before = machine.serial.lines.count
        try await client.setDesktopSize(width: UInt16(refused.0), height: UInt16(refused.1))
        let seen = Counter()
        _ = try await machine.serial.first { seen.next() > before && $0.text.contains(refused.2) }
        // It stands still at its last step, in frames that go on.
        let picture = try await machine.picture(gpu: 0, head: 0)
        let isRight = picture == Self.scene(scanout: 0, width: width, height: height, step: 9)
        #expect(isRight, "\(refused)")
        (width, height) = (500 + index, 300)
        try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
        try await Self.checkScene(machine, width, height)
        let lines = machine.serial.lines[before...].map(\.text).filter {
          !$0.contains("size=") && !$0.contains("shown us=") && !$0.contains(" step=")
        }
        #expect(lines.count == 1, "\(lines)")
      }
    }
  }

  @Test("the Showcase follows heads that come and go")
  func showcasePlugging() async throws {
    let configuration = try Self.configuration("Showcase", heads: 2, append: "only=scene steps=9")
    try await MachineSlots.shared.run(configuration) { machine in
      try await Self.checkScene(machine, 640, 480)
      let first = try await machine.connectVNC(head: 0)
      let second = try await machine.connectVNC(head: 1)
      for (index, size) in [(320, 200), (320, 200), (401, 303), (320, 200)].enumerated() {
        let line = "SHOWCASE scanout=1 step=9 of \(size.0)x\(size.1)"
        let before = Self.count(machine, of: line)
        try await second.setDesktopSize(width: UInt16(size.0), height: UInt16(size.1))
        try await Self.checkScene(machine, size.0, size.1, head: 1, after: before)
        try await second.setDesktopSize(width: 0, height: 0)
        try await first.setDesktopSize(width: UInt16(500 + index), height: 400)
        try await Self.checkScene(machine, 500 + index, 400)
      }
      #expect(machine.guestErrors() == [])
    }
  }
}

/// Counts how often it is asked.
private final class Counter: Sendable {
  private let state = Mutex(0)

  func next() -> Int {
    state.withLock {
      $0 += 1
      return $0
    }
  }
}
