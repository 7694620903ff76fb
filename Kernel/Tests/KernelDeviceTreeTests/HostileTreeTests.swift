import KernelDeviceTree
import Testing

@Suite("Trees that lie")
struct HostileTreeTests {
  /// A fixed sequence: SplitMix64.
  struct Sequence: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
      return value ^ value >> 31
    }
  }

  /// Uses everything else that is public, with handles that may be nonsense for this tree.
  private func roam(_ blob: Blob, _ handle: DeviceTreeNode) {
    guard let tree = try? DeviceTree(blob.bytes.span) else { return }
    _ = tree.name(of: handle).count
    _ = tree.node(after: handle)
    _ = tree.node(at: "/soc/bridge/uart")
    var next = tree.property(after: nil, of: handle)
    while let property = next {
      _ = tree.bytes(of: property.value).count
      _ = tree.text(of: property.value).count
      _ = tree.list(property.value, contains: "arm,pl011")
      next = tree.property(after: property, of: handle)
    }
  }

  @Test("F03: Cut at every byte", arguments: Blob.names) func truncated(_ name: String) throws {
    let good = try Blob(name)
    let right = summary(good.read().machine)
    for count in 0..<good.bytes.count {
      var blob = good
      blob.bytes.removeLast(good.bytes.count - count)
      #expect(blob.read().error != nil, "cut at \(count)")
      guard count >= 40 else { continue }

      blob[word: 4] = UInt32(count)
      #expect(blob.read().error != nil, "cut at \(count), total size to match")

      // With the blocks cut to match too, a tree may be whole but for names that nobody asked for.
      for (start, size) in [(8, 36), (12, 32)] {
        let room = UInt32(max(count - Int(blob[word: start]), 0))
        blob[word: size] = min(blob[word: size], room)
      }
      let (machine, error) = blob.read()
      if error == nil {
        #expect(blob[word: 36] == good[word: 36], "cut at \(count), blocks to match")
        #expect(machine.memory.count > 0)
      }
      if count == good.bytes.count - 1 { #expect(summary(machine) == right) }
    }
  }

  @Test("20,000 trees with flipped bytes", arguments: [UInt64(1), 2]) func flipped(
    _ seed: UInt64
  ) throws {
    var random = Sequence(state: seed)
    // The smallest tree has all that the others have, and more: half of the trees are made of it.
    let blobs = try Blob.names.map { try Blob($0) } + Array(repeating: try Blob("board"), count: 6)
    var errors = 0
    let count = 10_000
    for _ in 0..<count {
      var blob = blobs[Int.random(in: 0..<blobs.count, using: &random)]
      let structure = Int(blob[word: 8])
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let first = Bool.random(using: &random) ? structure : 0
        let last = Bool.random(using: &random) ? blob.bytes.count : min(first + 256, 4096)
        let offset = Int.random(in: first..<last, using: &random)
        blob.bytes[offset] = UInt8.random(in: 0...255, using: &random)
      }
      let (machine, error) = blob.read()
      if error != nil { errors += 1 }
      #expect(machine.memory.count <= 32)
      if let uart = machine.uart { roam(blob, uart.node) }
    }
    #expect(errors > count / 10 && errors < count)
  }

  @Test("Words of the structure replaced by extreme ones") func extremes() throws {
    let good = try Blob("board")
    let structure = Int(good[word: 8])
    for offset in stride(from: structure, to: structure + Int(good[word: 36]), by: 4) {
      for word: UInt32 in [0, 1, 2, 3, 4, 9, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFC, .max] {
        var blob = good
        blob[word: offset] = word
        _ = blob.read()
      }
    }
  }

  @Test("Lists that overflow count what they drop") func overflow() throws {
    var structure: [UInt32] = [1, 0]
    for index in 0..<40 {
      structure += [1, 0x6100_0000, 3, 7, 4, 0x6D65_6D6F, 0x7279_0000]
      structure += [3, 12, 0, UInt32(index), 0, 0x1000, 2]
    }
    let blob = Blob(structure: structure + [2, 9], strings: Array("reg\0device_type\0".utf8))
    let (machine, error) = blob.read()
    #expect(error == nil)
    #expect(machine.memory.count == 32 && machine.memory.droppedCount == 8)
    #expect(machine.memory[31] == AddressRange(31 << 32, 0x1000))
  }

  @Test("A large tree is read in linear time") func large() {
    var structure: [UInt32] = [1, 0]
    for _ in 0..<60_000 { structure += [1, 0x6100_0000, 3, 0, 0, 2] }
    let blob = Blob(structure: structure + [2, 9], strings: Array("status\0".utf8))
    #expect(blob.read().error == .noMemory)
  }
}
