import Testing
import VirtIO
import VirtIOInput
import VirtIOTestDoubles

/// What a device says of itself.
@Suite("InputDescription")
struct InputDescriptionTests {
  private let rig = InputRig()

  private func bytes(of description: InputDescription) -> [UInt8] {
    description.span.indices.map { description.span[$0] }
  }

  @Test("CONF-4: each thing is chosen by two bytes, and read in the width of its fields")
  func accesses() throws {
    rig.descriptions[0x0001] = (2, Array("Hi".utf8))
    rig.descriptions[0x0003] = (8, [6, 0, 0x27, 6, 3, 0, 1, 0])
    rig.descriptions[0x0112] = (20, [0, 0, 0, 0, 0xff, 0x7f] + [UInt8](repeating: 0, count: 14))
    var source = try rig.open()
    let journal = rig.transport.journal
    journal.clear()
    #expect(try bytes(of: source.name()) == Array("Hi".utf8))
    #expect(
      journal.events == [
        .writeConfiguration8(0, 1), .writeConfiguration8(1, 0), .readGeneration,
        .readConfiguration(2), .readConfiguration(8), .readConfiguration(9), .readGeneration,
      ])
    journal.clear()
    let identity = try source.identity()
    #expect(identity?.busType == 6 && identity?.vendor == 0x627)
    #expect(identity?.product == 3 && identity?.version == 1)
    #expect(
      journal.events.dropFirst(3) == [
        .readConfiguration(2), .readConfiguration(8), .readConfiguration(10),
        .readConfiguration(12), .readConfiguration(14), .readGeneration,
      ])
    journal.clear()
    #expect(try source.range(of: .y)?.maximum == 0x7fff)
    #expect(
      journal.events == [
        .writeConfiguration8(0, 0x12), .writeConfiguration8(1, 1), .readGeneration,
        .readConfiguration(2), .readConfiguration(8), .readConfiguration(12),
        .readConfiguration(16), .readConfiguration(20), .readConfiguration(24), .readGeneration,
      ])
    try source.close(waiting: rig.patience)
  }

  @Test("the range of an axis is five numbers with a sign")
  func range() throws {
    let numbers: [Int32] = [-1, .max, .min, 4, 5]
    let bytes = numbers.flatMap { number in
      (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
    }
    rig.descriptions[0x0012] = (20, bytes)
    var source = try rig.open()
    let range = try #require(try source.range(of: .x))
    #expect(
      [range.minimum, range.maximum, range.fuzz, range.flat, range.resolution] == numbers)
    #expect(try source.range(of: .y) == nil)
    rig.transport.journal.clear()
    #expect(try source.range(of: AbsoluteAxis(rawValue: 256)) == nil)
    #expect(rig.transport.journal.events == [], "There is no way to ask.")
    try source.close(waiting: rig.patience)
  }

  @Test("sets have what their bits say, and nothing beyond their size")
  func codes() throws {
    rig.descriptions[0x0111] = (2, [0x02, 0x80, 0xff])
    rig.descriptions[0x0010] = (1, [0x01])
    rig.descriptions[0xff11] = (1, [0xff])
    var source = try rig.open()
    let keys = try source.codes(of: .key)
    #expect((0...UInt16.max).filter { keys.contains($0) } == [1, 15])
    #expect(try source.codes(of: .led).count == 0)
    #expect(try source.codes(of: EventType(rawValue: 0x0101)).count == 0)
    #expect(try source.properties().contains(0))
    try source.close(waiting: rig.patience)
  }

  @Test("what is not there is empty, or nothing")
  func absent() throws {
    rig.descriptions[0x0003] = (7, [1, 2, 3, 4, 5, 6, 7, 8])
    rig.descriptions[0x0012] = (19, [UInt8](repeating: 1, count: 20))
    var source = try rig.open()
    #expect(try source.name().count == 0)
    #expect(try source.serial().span.isEmpty)
    #expect(try source.identity() == nil)
    #expect(try source.range(of: .x) == nil)
    try source.close(waiting: rig.patience)
  }

  @Test(
    "a text is no longer than its size, than 128 bytes and than the device has",
    arguments: [
      (0, 34, 0), (1, 34, 1), (127, 34, 127), (128, 34, 128), (129, 34, 128), (255, 34, 128),
      (255, 100, 128), (255, 4, 8), (255, 2, 0),
    ] as [(UInt8, Int, Int)])
  func sizes(_ size: UInt8, words: Int, expected: Int) throws {
    let text = (1...255).map { UInt8($0) }
    rig.transport.configuration = [UInt32](repeating: 0, count: words)
    rig.descriptions[0x0001] = (size, text)
    rig.descriptions[0x0002] = (size, text)
    rig.descriptions[0x0111] = (size, [UInt8](repeating: 0xff, count: 255))
    rig.descriptions[0x0003] = (size, text)
    rig.descriptions[0x0012] = (size, text)
    var source = try rig.open()
    #expect(try bytes(of: source.name()) == Array(text.prefix(expected)))
    #expect(try bytes(of: source.serial()) == Array(text.prefix(expected)))
    let keys = try source.codes(of: .key)
    #expect((0...UInt16.max).count { keys.contains($0) } == 8 * expected)
    #expect(try (source.identity() == nil) == (expected < 8))
    #expect(try (source.range(of: .x) == nil) == (expected < 20))
    try source.close(waiting: rig.patience)
    #expect(rig.platform.isBalanced)
  }

  @Test("a text ends at its first zero, a set does not")
  func zero() throws {
    rig.descriptions[0x0001] = (4, [0x48, 0x69, 0, 0x21])
    rig.descriptions[0x0002] = (2, [0, 0x21])
    rig.descriptions[0x0111] = (4, [1, 0, 1, 0])
    var source = try rig.open()
    #expect(try bytes(of: source.name()) == [0x48, 0x69])
    #expect(try source.serial().count == 0)
    #expect(try source.codes(of: .key).contains(16))
    try source.close(waiting: rig.patience)
  }

  @Test("a configuration that never settles is no reason to stay")
  func unstable() throws {
    rig.transport.generation = { UInt32($0) }
    var source = try rig.open()
    #expect(throws: InputError.device(.configurationUnstable)) { _ = try source.name() }
    #expect(throws: InputError.device(.configurationUnstable)) { _ = try source.identity() }
    rig.transport.generation = { _ in 0 }
    rig.report(9)
    #expect(try source.nextEvent()?.code == 9)
    try source.close(waiting: rig.patience)
  }
}
