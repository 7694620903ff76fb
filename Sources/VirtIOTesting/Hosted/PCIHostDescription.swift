import VirtIO
import VirtIOPCI

/// Where a PCI host bridge has its registers and windows.
struct PCIHostDescription: Sendable, Equatable {
  let ecam: Range<UInt>
  let firstBus: UInt8
  let lastBus: UInt8
  private(set) var io: PCIWindow?
  private(set) var memory32: PCIWindow?
  private(set) var memory64: PCIWindow?

  /// Reads the node of a generic ECAM host bridge; nil if the tree has none.
  ///
  /// - Spec: Linux `Documentation/devicetree/bindings/pci/host-generic-pci.yaml`
  init?(_ tree: MachineTree) {
    guard let node = tree.nodes(compatibleWith: "pci-host-ecam-generic").first,
      let registers = node["reg"], registers.count == 16, let ranges = node["ranges"]
    else { return nil }
    let base = UInt(number(registers[0..<8]))
    ecam = base..<base + UInt(number(registers[8..<16]))
    let buses = node["bus-range"] ?? []
    firstBus = buses.count == 8 ? buses[3] : 0
    lastBus = buses.count == 8 ? buses[7] : 255
    // Three cells of PCI address (the first says which space), two of CPU address, two of length.
    for start in stride(from: 0, through: ranges.count - 28, by: 28) {
      let window = PCIWindow(
        pciBase: number(ranges[start + 4..<start + 12]),
        cpuBase: number(ranges[start + 12..<start + 20]),
        byteCount: number(ranges[start + 20..<start + 28]))
      switch ranges[start] & 3 {
      case 1: io = io ?? window
      case 2: memory32 = memory32 ?? window
      case 3: memory64 = memory64 ?? window
      default: continue
      }
    }
  }
}
