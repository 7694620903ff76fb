import KernelDeviceTree
import Testing

@Suite("What a machine's tree states")
struct MachineDescriptionTests {
  private func describe(_ name: String) throws -> (Blob, MachineDescription) {
    let blob = try Blob(name)
    let (machine, error) = blob.read()
    #expect(error == nil)
    return (blob, machine)
  }

  private func windows(_ host: PCIHostBridgeNode) -> [[UInt64]] {
    host.windows.array.map {
      [
        UInt64($0.space.rawValue), $0.isPrefetchable ? 1 : 0, $0.busAddress, $0.address,
        $0.byteCount,
      ]
    }
  }

  private let lowWindows: [[UInt64]] = [
    [1, 0, 0, 0x3EFF_0000, 0x1_0000],
    [2, 0, 0x1000_0000, 0x1000_0000, 0x2EFF_0000],
  ]
  private let highWindow: [UInt64] = [3, 0, 0x80_0000_0000, 0x80_0000_0000, 0x80_0000_0000]

  @Test("QEMU virt with its defaults") func virtDefault() throws {
    let (blob, machine) = try describe("virt-default")
    #expect(machine.memory.array == [AddressRange(0x4000_0000, 0x800_0000)])
    #expect(machine.reservations.count == 0)
    #expect(machine.uart?.registers == AddressRange(0x900_0000, 0x1000))
    #expect(machine.psci == .hvc)
    #expect(!machine.bootArguments.isPresent)
    #expect(machine.pciHosts.count == 1)
    let host = machine.pciHosts[0]
    #expect(host.configuration == AddressRange(0x40_1000_0000, 0x1000_0000))
    #expect(host.firstBus == 0 && host.lastBus == 255)
    #expect(host.isDMACoherent)
    #expect(windows(host) == lowWindows + [highWindow])
    #expect(host.interruptMap.byteCount == 16 * 10 * 4)
    #expect(host.interruptMapMask.byteCount == 16)
    let tree = try DeviceTree(blob.bytes.span)
    expect(tree.cell(at: 0, of: host.interruptMapMask) == 0x1800)
    expect(tree.cell(at: 4, of: host.interruptMap) == 0x8002)
    expect(tree.cell(at: 4, of: host.interruptMapMask) == nil)
  }

  @Test("highmem=off with 64 MiB") func highmemOff() throws {
    let (_, machine) = try describe("virt-highmem-off-64m")
    #expect(machine.memory.array == [AddressRange(0x4000_0000, 0x400_0000)])
    let host = machine.pciHosts[0]
    #expect(host.configuration == AddressRange(0x3F00_0000, 0x100_0000))
    #expect(host.firstBus == 0 && host.lastBus == 15)
    #expect(windows(host) == lowWindows)
  }

  @Test("virtualization=on calls by SMC") func el2() throws {
    let (_, machine) = try describe("virt-el2-smc")
    #expect(machine.psci == .smc)
    #expect(machine.uart?.registers == AddressRange(0x900_0000, 0x1000))
  }

  @Test("Two NUMA banks") func numa() throws {
    let (_, machine) = try describe("virt-numa-6g")
    #expect(
      machine.memory.array == [
        AddressRange(0xC000_0000, 0x1_0000_0000), AddressRange(0x4000_0000, 0x8000_0000),
      ])
  }

  @Test("GICv3 with ITS, and kernel arguments") func gicv3() throws {
    let (blob, machine) = try describe("virt-gicv3-its")
    #expect(try blob.text(machine.bootArguments) == "wait=poll queue=packed")
    #expect(windows(machine.pciHosts[0]) == lowWindows + [highWindow])
    let tree = try DeviceTree(blob.bytes.span)
    let its = try require(tree.node(at: "/intc/its@8080000"))
    let compatible = try require(tree.property("compatible", of: its))
    expect(tree.list(compatible, contains: "arm,gic-v3-its"))
    expect(!tree.list(compatible, contains: "arm,gic-v3"))
    expect(tree.list(compatible, contains: "arm,gic-v3", allowingSuffix: true))
  }

  @Test("secure=on: the second serial port and its RAM are disabled, and there is no PSCI")
  func secure() throws {
    let (_, machine) = try describe("virt-secure")
    #expect(machine.uarts.count == 1)
    #expect(machine.uart?.registers == AddressRange(0x900_0000, 0x1000))
    #expect(machine.memory.array == [AddressRange(0x4000_0000, 0x800_0000)])
    #expect(machine.psci == nil)
  }

  @Test("Buses that translate, aliases, reservations, disabled parents") func board() throws {
    let (blob, machine) = try describe("board")
    #expect(
      machine.memory.array == [
        AddressRange(0x4000_0000, 0x1000_0000), AddressRange(0x1_0000_0000, 0x8000_0000),
        AddressRange(0x7000_0000, 0x1000),
      ])
    #expect(
      machine.reservations.array == [
        AddressRange(0x4000_0000, 0x1_0000), AddressRange(0x4FF0_0000, 0x1234),
        AddressRange(0x4800_0000, 0x20_0000),
      ])
    #expect(machine.unmappedReservations.array == [AddressRange(0x4800_0000, 0x20_0000)])
    #expect(machine.uarts.count == 2)
    #expect(machine.uart?.registers == AddressRange(0xFE20_1000, 0x200))
    #expect(machine.psci == .smc)
    #expect(try blob.text(machine.bootArguments) == "frames=3 wait=poll")
    let host = machine.pciHosts[0]
    #expect(host.configuration == AddressRange(0x2_0010_0000, 0x40_0000))
    #expect(host.firstBus == 0x10 && host.lastBus == 0x13)
    #expect(!host.isDMACoherent)
    #expect(!host.interruptMap.isPresent)
    #expect(
      windows(host) == [
        [2, 1, 0x8000_0000, 0xFE80_0000, 0x10_0000], [2, 0, 0x1000_0000, 0x2_0020_0000, 0x8_0000],
      ])
  }

  @Test("One bad node is reported and hides no other") func faults() throws {
    let good = try Blob("board")
    let tree = try DeviceTree(good.bytes.span)
    func changed(_ path: DeviceTreeName, _ name: DeviceTreeName, cell: Int, to word: UInt32) throws
      -> (machine: MachineDescription, error: DeviceTreeError?)
    {
      let node = try require(tree.node(at: path))
      let value = try require(tree.property(name, of: node))
      var blob = good
      blob[word: Int(value.offset) + cell * 4] = word
      return blob.read()
    }
    let root = try require(tree.node(at: "/")).offset
    for count: UInt32 in [0, 3, 200, .max] {
      let (machine, error) = try changed("/", "#address-cells", cell: 0, to: count)
      #expect(error == .badCellCount(found: count, offset: root))
      #expect(machine.memory.count == 0 && machine.reservations.count == 3)
    }
    let pci = try require(tree.node(at: "/soc/pcie"))
    var (machine, error) = try changed("/soc/pcie", "#address-cells", cell: 0, to: 2)
    #expect(error == .badCellCount(found: 2, offset: pci.offset))
    #expect(machine.pciHosts.count == 0 && machine.uart?.registers.base == 0xFE20_1000)
    (machine, error) = try changed("/soc/pcie", "bus-range", cell: 1, to: 256)
    #expect(error == .badValue(offset: pci.offset))
    (machine, error) = try changed("/soc/pcie", "reg", cell: 0, to: 0x5000_0000)
    let soc = try require(tree.node(at: "/soc"))
    #expect(error == .untranslatable(address: 0x5000_0000, offset: soc.offset))
    #expect(error?.found == 0x5000_0000 && error?.offset == soc.offset)
    (machine, error) = try changed("/soc/bridge", "ranges", cell: 2, to: 0x1000)
    #expect(machine.uart?.registers == AddressRange(0x900_0000, 0x1000))
    #expect(machine.pciHosts.count == 1)
    (machine, error) = try changed("/memory@40000000", "reg", cell: 0, to: .max)
    #expect(error == nil)
    (machine, error) = try changed("/psci", "method", cell: 0, to: 0)
    expect(error == .badValue(offset: try require(tree.node(at: "/psci")).offset))
    #expect(machine.psci == nil && machine.uart?.registers.base == 0xFE20_1000)
  }

  @Test("A tree without RAM says so") func noMemory() {
    let blob = Blob(structure: [1, 0, 2, 9])
    #expect(blob.read().error == .noMemory)
  }
}
