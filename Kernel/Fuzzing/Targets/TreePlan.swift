import FuzzInputs

/// Builds a device tree that is whole, of names and words that mean something, with numbers from an input.
struct TreePlan {
  private let input: FuzzInput
  private var structure: [UInt8] = []
  private var depth = 0

  init(_ input: FuzzInput) { self.input = input }

  /// Names of properties. Where each starts among the strings is known from their lengths.
  private static let properties = [
    "#address-cells", "#size-cells", "ranges", "reg", "status", "compatible", "device_type",
    "method",
    "bus-range", "interrupt-map", "interrupt-map-mask", "dma-coherent", "dma-noncoherent",
    "bootargs",
    "stdout-path", "no-map", "phandle", "#interrupt-cells", "interrupts", "interrupt-parent",
    "interrupt-controller", "msi-map", "msi-map-mask", "msi-parent", "msi-controller",
    "arm,msi-base-spi", "arm,msi-num-spis", "redistributor-stride", "#redistributor-regions",
    "other",
  ]
  /// Names of nodes.
  private static let nodes = [
    "", "chosen", "aliases", "reserved-memory", "memory@40000000", "soc", "bridge", "uart",
    "pl011@9000000", "pcie@10000000", "intc@8000000", "v2m@8020000", "timer", "psci",
    "virtio_mmio@a000000", "a",
  ]
  /// What properties may say.
  private static let words = [
    "okay", "ok", "disabled", "memory", "arm,pl011", "arm,psci", "arm,psci-0.2", "arm,psci-1.0",
    "hvc", "smc", "pci-host-ecam-generic", "arm,gic-v3", "arm,cortex-a15-gic", "arm,gic-400",
    "arm,gic-v2m-frame", "arm,gic-v3-its", "arm,armv8-timer", "virtio,mmio", "/soc/bridge/uart",
    "/pl011@9000000", "uart", "serial0", "frames=3 wait=poll", "",
  ]
  private static let offsets = properties.reduce(into: [0]) { offsets, name in
    offsets.append((offsets.last ?? 0) + name.utf8.count + 1)
  }
  private static let strings: [UInt8] = properties.flatMap { [UInt8]($0.utf8) + [0] }

  mutating func makeTree() -> [UInt8] {
    begin("")
    while !input.isOver, structure.count < 8192 { step() }
    while depth > 0 { end() }
    append(9)
    return wrapped()
  }

  private mutating func step() {
    let code = input.byte()
    switch code & 7 {
    case 0: begin(Self.nodes[input.number(below: Self.nodes.count)])
    case 1: if depth > 1 { end() }
    case 2: append(4)
    case 3: property(Array(input.take(input.number(below: 64))))
    case 4, 5:
      // A list of words, or none.
      var value: [UInt8] = []
      for _ in 0...Int(code >> 6) {
        value += Array(Self.words[input.number(below: Self.words.count)].utf8) + [0]
      }
      property(value)
    default:
      var value: [UInt8] = []
      for _ in 0..<Int(code >> 3) { value += Self.bytes(cell()) }
      property(value)
    }
  }

  /// A number of the kind that trees have: small, or an address, or the largest there is.
  private func cell() -> UInt32 {
    let byte = input.byte()
    switch byte {
    case 0xc0...0xdf: return UInt32(byte & 0x1f) << 24
    case 0xe0...0xef: return UInt32(byte & 0xf) << 12
    case 0xf0...0xfd: return .max &- UInt32(byte & 0xf)
    case 0xfe...: return input.word32()
    default: return UInt32(byte)
    }
  }

  private mutating func begin(_ name: String) {
    depth += 1
    append(1)
    structure += Array(name.utf8) + [0]
    pad()
  }

  private mutating func end() {
    depth -= 1
    append(2)
  }

  private mutating func property(_ value: [UInt8]) {
    let name = input.number(below: Self.properties.count)
    append(3)
    append(UInt32(value.count))
    append(UInt32(Self.offsets[name]))
    structure += value
    pad()
  }

  private mutating func pad() {
    while structure.count % 4 != 0 { structure.append(0) }
  }

  private mutating func append(_ word: UInt32) { structure += Self.bytes(word) }

  private static func bytes(_ word: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  /// The header, one reserved range, the structure and the strings.
  private func wrapped() -> [UInt8] {
    let start = UInt32(40 + 32)
    let count = UInt32(structure.count)
    let header: [UInt32] = [
      0xd00d_feed, start + count + UInt32(Self.strings.count), start, start + count, 40, 17, 16, 0,
      UInt32(Self.strings.count), count, 0, 0x4800_0000, 0, 0x10_0000, 0, 0, 0, 0,
    ]
    return header.flatMap(Self.bytes) + structure + Self.strings
  }
}
