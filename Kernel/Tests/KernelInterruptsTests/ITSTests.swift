import KernelInterrupts
import Testing
import VirtIO

@Suite("The interrupt translation service")
struct ITSTests {
  private func words(_ command: ITSCommand) -> [UInt64] {
    command.words.indices.map { command.words[$0] }
  }

  @Test("commands, bit by bit") func encoding() {
    #expect(
      words(.mapDevice(0x1234, eventBits: 5, table: 0x4_0000_1000)) == [
        0x1234_0000_0008, 4, 0x8000_0004_0000_1000, 0,
      ])
    #expect(words(.mapCollection(3, to: .processor(2))) == [9, 0, 0x8000_0000_0002_0003, 0])
    #expect(
      words(.mapCollection(0, to: .address(0x80a_0000))) == [9, 0, 0x8000_0000_080a_0000, 0])
    #expect(
      words(.mapEvent(1, of: 8, to: InterruptID(rawValue: 8193), in: 7)) == [
        0x8_0000_000a, 0x2001_0000_0001, 7, 0,
      ])
    #expect(words(.invalidate(2, of: 8)) == [0x8_0000_000c, 2, 0, 0])
    #expect(words(.discard(2, of: 8)) == [0x8_0000_000f, 2, 0, 0])
    #expect(words(.synchronize(.processor(5))) == [5, 0, 5 << 16, 0])
    #expect(ITSCommand.invalidate(1, of: 1) != ITSCommand.discard(1, of: 1))
  }

  /// A service beside a version 3 controller, which takes commands as they are written.
  private final class Rig {
    static let base: UInt = 0x808_0000
    let gic = GICModel(version: 3)
    var commands: [[UInt64]] = []
    var isStalled = false
    var isDead = false
    var free: UInt = 0x4000_0000
    var allocations: [(Int, Int)] = []
    var limit = Int.max

    init(kind: UInt64 = 0x000f_0000_0001_e0b1 | 15 << 13) {
      let file = gic.registers
      file.set(0x3b, at: Self.base + 0xffe8, byteCount: 4)
      file.set(1 << 31, at: Self.base, byteCount: 4)
      file.set(kind, at: Self.base + 8, byteCount: 8)
      file.set(1 << 56 | 7 << 48, at: Self.base + 0x100, byteCount: 8)
      file.set(4 << 56 | 7 << 48, at: Self.base + 0x108, byteCount: 8)
      let inner = file.onWrite
      file.onWrite = { [unowned self, unowned file] address, value, byteCount in
        inner(address, value, byteCount)
        if address == Self.base, value & 1 == 0 {
          file.set(isDead ? 0 : 1 << 31, at: address, byteCount: 4)
        }
        if address == Self.base + 0x88 { take() }
      }
    }

    private func take() {
      let file = gic.registers
      if isDead { return }
      if isStalled { return file.set(1, at: Self.base + 0x90, byteCount: 4) }
      let queue = UInt(file.number(at: Self.base + 0x80, byteCount: 8) & 0xf_ffff_ffff_f000)
      var reader = UInt(file.number(at: Self.base + 0x90, byteCount: 8))
      while reader != UInt(file.number(at: Self.base + 0x88, byteCount: 8)) {
        commands.append(
          (0..<4).map { file.number(at: queue + reader + 8 * $0, byteCount: 8) })
        reader = (reader + 32) % 4096
        file.set(UInt64(reader), at: Self.base + 0x90, byteCount: 8)
      }
    }

    func allocate(_ byteCount: Int, _ alignment: Int) -> RegisterWindow<RegisterFile>? {
      guard allocations.count < limit else { return nil }
      allocations.append((byteCount, alignment))
      free = (free + UInt(alignment) - 1) & ~(UInt(alignment) - 1)
      defer { free += UInt(byteCount) }
      return RegisterWindow(gic.registers, base: free, byteCount: UInt(byteCount))
    }

    func open(idBits: UInt32 = 16) throws -> ITS<RegisterFile, GICModel> {
      let redistributor = try #require(
        try Redistributor(of: 0, in: gic.redistributorRegion, stride: nil))
      return try ITS(
        gic.window(Self.base, 0x2_0000), redistributor: redistributor, idBits: idBits,
        processor: gic, allocate: allocate)
    }
  }

  @Test("tables are placed, and a device's events become local interrupts") func life() throws {
    let rig = Rig()
    var its = try rig.open()
    let file = rig.gic.registers
    #expect(its.address == 0x809_0040)
    #expect(file.number(at: Rig.base, byteCount: 4) & 1 == 1)
    #expect(file.number(at: GICModel.redistributors, byteCount: 4) == 1)
    #expect(file.number(at: GICModel.redistributors + 0x70, byteCount: 8) & 31 == 13)
    // 65536 devices of 8 bytes: 128 pages of 4 KiB.
    let table = file.number(at: Rig.base + 0x100, byteCount: 8)
    #expect(table >> 63 == 1 && table & 0xff == 127 && table >> 56 & 7 == 1)
    #expect(rig.commands.map { $0[0] & 0xff } == [9, 5])
    let first = try its.map(device: 0x108, count: 2, allocate: rig.allocate)
    #expect(first == .firstLocal)
    #expect(rig.commands.dropFirst(2).map { $0[0] & 0xff } == [8, 10, 10, 5])
    try its.set(InterruptID(rawValue: 8193), enabled: true)
    let properties =
      UInt(file.number(at: GICModel.redistributors + 0x70, byteCount: 8))
      & 0xf_ffff_ffff_f000
    #expect(file.number(at: properties, byteCount: 2) == 0xa100)
    #expect(rig.commands.suffix(2).first?.prefix(2) == [0x108_0000_000c, 1])
    #expect(throws: InterruptError.noSuchInterrupt(8194)) {
      try its.set(InterruptID(rawValue: 8194), enabled: true)
    }
    #expect(throws: InterruptError.noSuchInterrupt(80)) {
      try its.set(InterruptID(rawValue: 80), enabled: true)
    }
    #expect(throws: InterruptError.deviceOutOfRange(65536)) {
      try its.map(device: 65536, count: 1, allocate: rig.allocate)
    }
    #expect(throws: InterruptError.noRoom) {
      try its.map(device: 1, count: 31, allocate: rig.allocate)
    }
    #expect(rig.allocations.allSatisfy { $0.1 == 0x1_0000 })
  }

  @Test("the queue goes round") func wrap() throws {
    let rig = Rig()
    var its = try rig.open()
    _ = try its.map(device: 1, count: 1, allocate: rig.allocate)
    for index in 0..<200 { try its.set(.firstLocal, enabled: index % 2 == 0) }
    #expect(rig.commands.count == 2 + 3 + 400)
    #expect(rig.commands.last == [5, 0, 0, 0])
  }

  @Test("a service that is not one, or does not answer, is given up") func faults() throws {
    let other = Rig()
    other.gic.registers.set(0, at: Rig.base + 0xffe8, byteCount: 4)
    #expect(throws: InterruptError.wrongVersion(.translationService, found: 0)) {
      try other.open()
    }
    let dead = Rig()
    dead.isDead = true
    #expect(throws: InterruptError.noAnswer(.translationService)) { try dead.open() }
    let stalled = Rig()
    stalled.isStalled = true
    #expect(throws: InterruptError.commandRefused) { try stalled.open() }
    #expect(throws: InterruptError.noLocalInterrupts) { try Rig().open(idBits: 10) }
    let virtual = Rig(kind: 0)
    #expect(throws: InterruptError.noLocalInterrupts) { try virtual.open() }
    let inUse = Rig()
    inUse.gic.registers.set(1, at: GICModel.redistributors, byteCount: 4)
    #expect(throws: InterruptError.inUse(.redistributor)) { try inUse.open() }
    let tableless = Rig()
    tableless.gic.registers.set(0, at: Rig.base + 0x100, byteCount: 8)
    #expect(throws: InterruptError.tableRefused(.translationService)) { try tableless.open() }
    // An absent one reads all ones.
    let absent = Rig()
    absent.gic.registers.onRead = { $0 >= Rig.base && $0 < Rig.base + 0x2_0000 ? .max : nil }
    #expect(throws: InterruptError.wrongVersion(.translationService, found: .max)) {
      try absent.open()
    }
  }

  @Test("each table that there is no memory for") func noMemory() throws {
    for limit in 0..<5 {
      let rig = Rig()
      rig.limit = limit
      #expect(throws: InterruptError.self) { try rig.open() }
    }
    let rig = Rig()
    rig.limit = 5
    var its = try rig.open()
    #expect(throws: InterruptError.noMemory(byteCount: 384)) {
      try its.map(device: 1, count: 1, allocate: rig.allocate)
    }
  }
}
