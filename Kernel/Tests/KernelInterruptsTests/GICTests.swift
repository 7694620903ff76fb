import KernelInterrupts
import Testing
import VirtIO

@Suite("The interrupt controller")
struct GICTests {
  typealias V2 = GICv2<RegisterFile>
  typealias V3 = GICv3<RegisterFile, GICModel>

  private func v2(_ model: GICModel) throws(InterruptError) -> V2 {
    try GICv2(
      distributor: model.window(GICModel.distributor), cpu: model.window(GICModel.cpu))
  }

  private func v3(_ model: GICModel) throws -> V3 {
    let redistributor = try #require(
      try Redistributor(of: model.affinity, in: model.redistributorRegion, stride: nil))
    return try GICv3(
      distributor: model.window(GICModel.distributor), redistributor: redistributor,
      processor: model)
  }

  private func live<Controller: InterruptController>(_ gic: Controller, _ model: GICModel) throws {
    #expect(gic.lineCount == 96 && model.enabled.isEmpty)
    let timer = try #require(InterruptID.privatePeripheral(11))
    let line = try #require(InterruptID.sharedPeripheral(48))
    gic.configure(timer, trigger: .level, priority: .high)
    gic.configure(line, trigger: .edge, priority: .normal)
    #expect(!model.isEdge(27) && model.isEdge(80))
    model.raise(80)
    #expect(gic.acknowledge().id.rawValue == 1023)
    gic.enable(timer)
    gic.enable(line)
    #expect(model.enabled == [27, 80])
    model.raise(27)
    // The more urgent first, whichever came first.
    let first = gic.acknowledge()
    #expect(first.id == timer && model.active == [27])
    gic.end(first)
    let second = gic.acknowledge()
    #expect(second.id == line)
    gic.end(second)
    #expect(model.ended == [27, 80] && model.active == [])
    #expect(gic.acknowledge().id.isSpecial)
    model.raised = [27]
    gic.disable(timer)
    #expect(gic.acknowledge().id.isSpecial)
    gic.enable(timer)
    #expect(gic.acknowledge().id == timer)
    // What is not there is left alone.
    gic.enable(InterruptID(rawValue: 96))
    gic.disable(InterruptID(rawValue: .max))
    gic.configure(InterruptID(rawValue: 1000), trigger: .edge, priority: .normal)
    #expect(model.enabled == [27, 80])
  }

  @Test("a version 2 takes, orders and ends interrupts") func version2() throws {
    let model = GICModel(version: 2)
    try live(v2(model), model)
    // To this CPU only.
    #expect(model.registers.number(at: GICModel.distributor + 0x850, byteCount: 1) == 1)
  }

  @Test("a version 3 takes, orders and ends interrupts, on any of its CPUs", arguments: [0, 3])
  func version3(cpu: UInt32) throws {
    let model = GICModel(version: 3, affinity: cpu)
    try live(v3(model), model)
    let router = model.registers.number(at: GICModel.distributor + 0x6000 + 80 * 8, byteCount: 8)
    #expect(router == UInt64(cpu))
  }

  @Test("I15: one of another version is refused") func wrongVersion() throws {
    let two = GICModel(version: 2)
    let three = GICModel(version: 3)
    #expect(throws: InterruptError.wrongVersion(.distributor, found: 0)) { try v2(three) }
    #expect(throws: InterruptError.wrongVersion(.redistributor, found: 0)) { try v3(two) }
    for found: UInt32 in [0, .max] {
      let absent = GICModel(version: 2)
      absent.registers.onRead = { _ in found }
      #expect(throws: InterruptError.wrongVersion(.distributor, found: found)) { try v2(absent) }
    }
    two.registers.set(0, at: GICModel.cpu + 0xfc, byteCount: 4)
    #expect(throws: InterruptError.wrongVersion(.cpuInterface, found: 0)) { try v2(two) }
  }

  @Test("I15, T11: one that never answers is given up, after so many looks") func noAnswer() throws
  {
    let model = GICModel(version: 3)
    model.registers.onRead = { $0 == GICModel.distributor ? 1 << 31 : nil }
    #expect(throws: InterruptError.noAnswer(.distributor)) { try v3(model) }
    let asleep = GICModel(version: 3)
    asleep.registers.onRead = { $0 == GICModel.redistributors + 0x14 ? 4 : nil }
    #expect(throws: InterruptError.noAnswer(.redistributor)) { try v3(asleep) }
    let off = GICModel(version: 3)
    off.isOffAbove = true
    #expect(throws: InterruptError.noProcessorInterface) { try v3(off) }
  }

  @Test("I15: regions that are too small are refused") func tooSmall() throws {
    let model = GICModel(version: 2)
    #expect(throws: InterruptError.regionTooSmall(.distributor)) {
      try GICv2(
        distributor: model.window(GICModel.distributor, 0xfff), cpu: model.window(GICModel.cpu))
    }
    #expect(throws: InterruptError.regionTooSmall(.cpuInterface)) {
      try GICv2(
        distributor: model.window(GICModel.distributor), cpu: model.window(GICModel.cpu, 0xff))
    }
    let three = GICModel(version: 3)
    #expect(throws: InterruptError.regionTooSmall(.redistributor)) {
      try Redistributor(of: 0, in: three.window(GICModel.redistributors, 0x1_ffff), stride: nil)
    }
    for stride: UInt in [0, 1, 0x1_0000, 0x2_8000] {
      #expect(throws: InterruptError.regionTooSmall(.redistributor)) {
        try Redistributor(of: 0, in: three.redistributorRegion, stride: stride)
      }
    }
  }

  @Test("a CPU without a redistributor is told so; a longer stride is kept") func redistributors()
    throws
  {
    let model = GICModel(version: 3)
    #expect(try Redistributor(of: 4, in: model.redistributorRegion, stride: nil) == nil)
    #expect(try Redistributor(of: 2, in: model.redistributorRegion, stride: 0x4_0000) != nil)
    #expect(try Redistributor(of: 1, in: model.redistributorRegion, stride: 0x4_0000) == nil)
  }

  @Test("a frame's lines are those of the controller, and given out once") func messageFrame()
    throws
  {
    let file = RegisterFile()
    file.set(80 << 16 | 3, at: 0x802_0008, byteCount: 4)
    let registers = try #require(
      RegisterWindow(file, base: 0x802_0000, byteCount: 0x1000))
    var frame = try MessageFrame(registers, limit: 96)
    #expect(frame.address == 0x802_0040 && frame.freeCount == 3)
    #expect((0..<4).map { _ in frame.takeLine()?.rawValue } == [80, 81, 82, nil])
    let stated = try MessageFrame(registers, firstLine: 64, lineCount: 32, limit: 96)
    #expect(stated.firstLine == 64 && stated.lineCount == 32)
    for (first, count) in [(31, 1), (64, 0), (64, 33), (96, 1), (1023, 1023)] as [(UInt32, UInt32)]
    {
      #expect(throws: InterruptError.wrongVersion(.messageFrame, found: 80 << 16 | 3)) {
        try MessageFrame(registers, firstLine: first, lineCount: count, limit: 96)
      }
    }
  }
}
