import KernelDeviceTree
import Testing

@Suite("What a machine's tree says of interrupts")
struct InterruptTests {
  private let gic: UInt32 = 0x8002

  private func describe(_ name: String) throws -> InterruptDescription {
    let blob = try Blob(name)
    return InterruptDescription(try DeviceTree(blob.bytes.span))
  }

  @Test("version 2 with an MSI frame") func version2() throws {
    let interrupts = try describe("virt-default")
    let controller = try #require(interrupts.controller)
    #expect(controller.version == .v2 && controller.phandle == gic)
    #expect(
      controller.registers.array == [
        AddressRange(0x800_0000, 0x1_0000), AddressRange(0x801_0000, 0x1_0000),
      ])
    #expect(interrupts.messageFrames.array.map(\.registers) == [AddressRange(0x802_0000, 0x1000)])
    #expect(interrupts.messageFrames.array.map(\.phandle) == [0x8003])
    #expect(
      interrupts.messageFrames.array.allSatisfy { $0.firstLine == nil && $0.lineCount == nil })
    #expect(interrupts.translationServices.count == 0)
    #expect(interrupts.timer?.isPrivate == true && interrupts.timer?.number == 11)
    #expect(interrupts.timer?.isEdge == false && interrupts.pciHosts.count == 1)
  }

  @Test("version 3 with an ITS") func version3() throws {
    let interrupts = try describe("virt-gicv3-its")
    let controller = try #require(interrupts.controller)
    #expect(controller.version == .v3 && controller.redistributorRegionCount == 1)
    #expect(controller.redistributorStride == nil)
    #expect(controller.registers.array.map(\.base) == [0x800_0000, 0x80a_0000])
    #expect(
      interrupts.translationServices.array.map(\.registers) == [AddressRange(0x808_0000, 0x2_0000)])
    #expect(interrupts.messageFrames.count == 0)
  }

  @Test("P34: pins of each device lead where QEMU's board has them") func pins() throws {
    let blob = try Blob("virt-default")
    let tree = try DeviceTree(blob.bytes.span)
    let interrupts = InterruptDescription(tree)
    let map = InterruptMap(of: interrupts.pciHosts[0], in: tree, to: gic)
    #expect(map.count == 16 && map.droppedCount == 0)
    for device: UInt8 in 0..<32 {
      for pin: UInt8 in 1...4 {
        let found = map.specifier(bus: 0, device: device, function: 3, pin: pin)
        #expect(found?.number == 3 + UInt32(device + pin - 1) % 4)
        #expect(found?.isPrivate == false && found?.isEdge == false)
      }
      #expect(map.specifier(bus: 0, device: device, function: 0, pin: 0) == nil)
      #expect(map.specifier(bus: 0, device: device, function: 0, pin: 5) == nil)
    }
  }

  @Test("bridges turn pins") func swizzle() {
    #expect((0..<5).map { InterruptMap.swizzled(pin: 1, device: $0) } == [1, 2, 3, 4, 1])
    #expect(InterruptMap.swizzled(pin: 4, device: 1) == 1)
    #expect(InterruptMap.swizzled(pin: 0, device: 255) >= 1)
  }

  @Test("messages go where the map says") func messages() throws {
    let blob = try Blob("virt-default")
    let tree = try DeviceTree(blob.bytes.span)
    let map = MessageMap(of: InterruptDescription(tree).pciHosts[0], in: tree)
    let target = map.target(of: 0x108)
    #expect(target?.controller == 0x8003 && target?.device == 0x108)
    #expect(map.target(of: .max)?.device == 0xFFFF)
  }

  /// Changes cells of a property of the PCI host.
  private func changed(
    _ name: DeviceTreeName, _ changes: [Int: UInt32], length: UInt32? = nil
  ) throws -> Blob {
    let good = try Blob("virt-default")
    let tree = try DeviceTree(good.bytes.span)
    let node = try require(tree.node(at: "/pcie"))
    let value = try require(tree.property(name, of: node))
    var blob = good
    for (cell, word) in changes { blob[word: Int(value.offset) + 4 * cell] = word }
    if let length { blob[word: Int(value.offset) - 8] = length }
    return blob
  }

  private func map(_ blob: Blob) throws -> InterruptMap {
    let tree = try DeviceTree(blob.bytes.span)
    return InterruptMap(of: InterruptDescription(tree).pciHosts[0], in: tree, to: gic)
  }

  @Test("entries that make no sense are dropped, and no others") func nonsense() throws {
    // A pin of 0, a private interrupt, a number that no GIC has, flags of nothing.
    for change in [[3: 0], [7: 1], [7: 9], [8: 988], [8: .max], [9: 0], [9: 3]] as [[Int: UInt32]] {
      let map = try map(changed("interrupt-map", change))
      #expect(map.count == 15 && map.droppedCount == 1, "\(change)")
      #expect(map.specifier(bus: 0, device: 1, function: 0, pin: 1)?.number == 4)
    }
    // Of what leads to nobody, nobody knows how long it is.
    let foreign = try map(changed("interrupt-map", [14: 0x9999]))
    #expect(foreign.count == 1 && foreign.droppedCount == 1)
    // Another node that is no controller.
    let other = try map(changed("interrupt-map", [4: 0x8000]))
    #expect(other.count == 0 && other.droppedCount == 1)
    // An MSI frame is none either.
    #expect(try map(changed("interrupt-map", [4: 0x8003])).count == 0)
  }

  @Test("an entry that is cut off is dropped, at each length") func truncated() throws {
    let good = try Blob("virt-default")
    for cells in 0...20 {
      // What follows the value would be read as tokens: so the tree is checked as it was, and the map
      // is read by the offsets of the shorter one.
      var blob = good
      let tree = try DeviceTree(good.bytes.span)
      let node = try require(tree.node(at: "/pcie"))
      let value = try require(tree.property("interrupt-map", of: node))
      let rest = Int(value.byteCount) - 4 * cells
      // NOP tokens stand in for the rest.
      blob[word: Int(value.offset) - 8] = UInt32(4 * cells)
      for cell in 0..<rest / 4 { blob[word: Int(value.offset) + 4 * (cells + cell)] = 4 }
      let map = try map(blob)
      #expect(map.count == cells / 10, "\(cells)")
      #expect(map.droppedCount == (cells % 10 == 0 ? 0 : 1), "\(cells)")
    }
  }

  @Test("single words of a tree may be nonsense") func hostile() throws {
    for name in ["virt-default", "virt-gicv3-its"] {
      let good = try Blob(name)
      for offset in stride(from: 56, to: good.bytes.count - 3, by: 28) {
        for word: UInt32 in [1, .max] {
          var blob = good
          blob[word: offset] = word
          guard let tree = try? DeviceTree(blob.bytes.span) else { continue }
          let interrupts = InterruptDescription(tree)
          guard interrupts.pciHosts.count > 0 else { continue }
          let map = InterruptMap(of: interrupts.pciHosts[0], in: tree, to: gic)
          #expect(map.count <= 64)
          _ = MessageMap(of: interrupts.pciHosts[0], in: tree).target(of: 8)
        }
      }
    }
  }
}
