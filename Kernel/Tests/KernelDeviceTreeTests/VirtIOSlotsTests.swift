import KernelDeviceTree
import Testing

@Suite("Where a machine's tree has devices without PCI")
struct VirtIOSlotsTests {
  private func slots(_ blob: Blob) throws -> [VirtIOSlotNode] {
    let slots = VirtIOSlots(try DeviceTree(blob.bytes.span))
    #expect(slots.droppedCount == 0)
    return (0..<slots.count).map { slots[$0] }
  }

  @Test("32 places on QEMU's board, with registers, an interrupt each, and caches that are snooped")
  func virt() throws {
    let slots = try slots(Blob("virt-default")).sorted { $0.registers.base < $1.registers.base }
    #expect(slots.count == 32)
    for (index, slot) in slots.enumerated() {
      #expect(slot.registers == AddressRange(0xa00_0000 + UInt64(index) * 0x200, 0x200))
      #expect(slot.interrupt?.number == 16 + UInt32(index))
      #expect(slot.interrupt?.isPrivate == false && slot.interrupt?.isEdge == true)
      #expect(slot.isDMACoherent)
    }
  }

  @Test("a tree without any has none") func none() throws {
    #expect(try slots(Blob("board")).isEmpty)
  }
}
