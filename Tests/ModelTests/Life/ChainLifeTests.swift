import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// Every chain of descriptors that the driver lays out while a display lives, followed by the test
/// itself, apart from the model's own judgement.
@Suite struct ChainLifeTests {
  private struct Descriptor {
    let address: UInt64
    let byteCount: UInt64
    let flags: UInt16
    let next: UInt16

    var hasNext: Bool { flags & 1 != 0 }
    var isWritable: Bool { flags & 2 != 0 }
    var end: UInt64 { address + byteCount }
  }

  /// A chain that the device took: its queue's size and its descriptors.
  private struct Chain {
    let queueSize: Int
    var descriptors: [Descriptor] = []
  }

  private static func number(_ machine: ModelMachine, at address: UInt64, _ width: Int) -> UInt64 {
    machine.bytes(at: address, count: width).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Where each queue's descriptor table lies, and how long it is: what the driver has written.
  private static func tables(_ machine: ModelMachine) -> [UInt16: (address: UInt64, size: Int)] {
    var tables: [UInt16: (address: UInt64, size: Int)] = [:]
    // The structures are the only registers that the driver writes, the common ones at 0.
    let base = machine.trace.compactMap { event -> UInt64? in
      if case .write(let address, 1, 0) = event { return address - 0x14 }
      return nil
    }.first
    guard let base else { return [:] }
    var selected: UInt16 = 0
    for event in machine.trace {
      switch event {
      case .write(base + 0x16, 2, let value):
        selected = UInt16(truncatingIfNeeded: value)
        tables[selected] = (0, selected == 0 ? 64 : 16)
      case .write(base + 0x18, 2, let value): tables[selected]?.size = Int(value)
      case .write(base + 0x20, 4, let value): tables[selected]?.address |= value
      case .write(base + 0x24, 4, let value): tables[selected]?.address |= value << 32
      default: break
      }
    }
    return tables
  }

  /// The chains of all heads that the device took; the driver lays each out once.
  private static func chains(_ machine: ModelMachine) throws -> [Chain] {
    let tables = tables(machine)
    var taken: Set<[UInt16]> = []
    for event in machine.trace {
      if case .taken(let queue, let head) = event { taken.insert([queue, head]) }
    }
    return try taken.map { pair in
      let table = try #require(tables[pair[0]])
      var chain = Chain(queueSize: table.size)
      var index = Int(pair[1])
      while true {
        let place = table.address + UInt64(index) * 16
        let descriptor = Descriptor(
          address: number(machine, at: place, 8), byteCount: number(machine, at: place + 8, 4),
          flags: UInt16(number(machine, at: place + 12, 2)),
          next: UInt16(number(machine, at: place + 14, 2)))
        chain.descriptors.append(descriptor)
        guard descriptor.hasNext, chain.descriptors.count <= table.size else { break }
        index = Int(descriptor.next)
        try #require(index < table.size)
      }
      return chain
    }
  }

  /// Frames, a cursor and a change of size on a machine, and the chains of all that; then the end.
  private static func live(_ configuration: ModelConfiguration) throws -> [Chain] {
    var configuration = configuration
    configuration.traceLimit = 1 << 18
    let machine = ModelMachine(configuration)
    var display = try machine.open()
    _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
    for number in 0..<4 {
      if number == 2 {
        machine.setOutput(0, to: .init(width: 100, height: 30))
        _ = try display.takeDisplayEvent(waiting: patience)
        _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: patience)
      }
      var frame = try display.nextFrame(waiting: patience)
      LifeTests.draw(&frame, frame.bounds, number)
      try display.finish(try display.present(frame), waiting: patience)
    }
    let image = [UInt32](repeating: 0xff00_ff00, count: 64 * 64)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: patience)
    for number in 0..<UInt32(20) { try display.moveCursor(toX: number, y: 1) }
    let chains = try chains(machine)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    return chains
  }

  @Test("SPLIT-DESC-1, SPLIT-DESC-2, SPLIT-IND-3: no chain is too long, and each ends")
  func ends() throws {
    let chains = try Self.live(ModelConfiguration())
    #expect(chains.count > 4)
    for chain in chains {
      #expect(chain.descriptors.last?.hasNext == false)
      #expect(chain.descriptors.count <= chain.queueSize)
      #expect(chain.descriptors.reduce(0) { $0 + $1.byteCount } <= 1 << 32)
    }
  }

  @Test("SPLIT-FRAME-1, SPLIT-FRAME-2: one descriptor to read and one to write, never more")
  func fragments() throws {
    for chain in try Self.live(ModelConfiguration()) {
      #expect(chain.descriptors.allSatisfy { $0.byteCount > 0 })
      #expect(chain.descriptors.count { !$0.isWritable } == 1)
      #expect(chain.descriptors.first?.isWritable == false)
      #expect(chain.descriptors.count <= 2)
    }
  }

  @Test("RFB-5: without ACCESS_PLATFORM, every address is one of physical memory")
  func physicalAddresses() throws {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures &= ~(1 << 33)
    // The model compares each address that it is given with what the platform has handed out, those
    // of rings and backings too.
    let chains = try Self.live(configuration)
    #expect(chains.count > 4)
    // Another machine has its memory at the same place.
    let machine = ModelMachine(configuration)
    for descriptor in chains.flatMap(\.descriptors) {
      let bytes = machine.bytes(at: descriptor.address, count: Int(descriptor.byteCount))
      #expect(bytes.count == Int(descriptor.byteCount))
    }
  }
}
