import KernelDeviceTree
import Testing

/// Trees that lie, by the ids of the catalogue of hostile devices. A tree whose structure is broken is refused
/// with an error that says where; of a whole one, a node that makes no sense is said, and the others are used.
@Suite("Hostile trees, by catalogue")
struct CatalogueTreeTests {
  /// A tree that is written property by property.
  private struct Writer {
    private(set) var structure: [UInt32] = []
    private var strings: [UInt8] = []

    mutating func begin(_ name: String) { structure += [1] + Self.words(Array(name.utf8) + [0]) }

    mutating func end() { structure.append(2) }

    mutating func set(_ name: String, _ cells: [UInt32]) {
      set(name, bytes: cells.flatMap { word in [24, 16, 8, 0].map { UInt8(word >> $0 & 0xff) } })
    }

    mutating func set(_ name: String, _ text: String) { set(name, bytes: Array(text.utf8) + [0]) }

    mutating func set(_ name: String, bytes: [UInt8]) {
      structure += [3, UInt32(bytes.count), UInt32(strings.count)] + Self.words(bytes)
      strings += Array(name.utf8) + [0]
    }

    static func words(_ bytes: [UInt8]) -> [UInt32] {
      stride(from: 0, to: bytes.count, by: 4).map { start in
        (0..<4).reduce(0) { $0 << 8 | UInt32(start + $1 < bytes.count ? bytes[start + $1] : 0) }
      }
    }

    var blob: Blob { Blob(structure: structure + [9], strings: strings) }
  }

  /// A tree with RAM, and what else is written into its root.
  private static func tree(_ body: (inout Writer) -> Void) -> Blob {
    var writer = Writer()
    writer.begin("")
    writer.begin("memory@40000000")
    writer.set("device_type", "memory")
    writer.set("reg", [0, 0x4000_0000, 0x1000_0000])
    writer.end()
    body(&writer)
    writer.end()
    return writer.blob
  }

  private static let ram = [AddressRange(0x4000_0000, 0x1000_0000)]

  private func error(_ blob: Blob) -> DeviceTreeError? {
    do throws(DeviceTreeError) {
      _ = try DeviceTree(blob.bytes.span)
      return nil
    } catch {
      return error
    }
  }

  private func changed(_ blob: Blob, _ offset: Int, _ word: UInt32) -> Blob {
    var blob = blob
    blob[word: offset] = word
    return blob
  }

  // MARK: The header

  @Test("F01: another magic number is no tree; one at an odd address is read as any other")
  func magic() throws {
    let good = try Blob("board")
    for bit in 0..<32 as Range<UInt32> {
      let found: UInt32 = 0xD00D_FEED ^ 1 << bit
      #expect(error(changed(good, 0, found)) == .badMagic(found: found))
    }
    for count in 0..<4 { #expect(error(Blob(bytes: good, count: count)) == .badMagic(found: 0)) }
    let right = summary(good.read().machine)
    for shift in 1..<8 {
      let bytes = [UInt8](repeating: 0xD0, count: shift) + good.bytes
      let span = bytes.span.extracting(shift..<bytes.count)
      var machine = MachineDescription()
      try machine.read(DeviceTree(span))
      #expect(summary(machine) == right)
    }
  }

  @Test("F02: a size below the header's, or beyond what is there, is refused")
  func totalSize() throws {
    let good = try Blob("board")
    let count = UInt32(good.bytes.count)
    for size in 0..<40 as Range<UInt32> {
      #expect(error(changed(good, 4, size)) == .badBlock(offset: 4))
    }
    for size in [count + 1, 1 << 30, 0x7fff_ffff, 0x8000_0000, 0xFFFF_0000, .max] {
      #expect(error(changed(good, 4, size)) == .truncated(offset: count))
    }
  }

  @Test("F04: a structure that is not aligned is refused, in a tree of 72 bytes too")
  func alignment() throws {
    let good = try Blob("board")
    for shift in 1..<4 as Range<UInt32> {
      #expect(error(changed(good, 8, good[word: 8] + shift)) == .badBlock(offset: 8))
      var small = Blob(structure: [1, 0, 2, 9], strings: [])
      #expect(small.bytes.count == 72 && error(small) == nil)
      small[word: 8] += shift
      small[word: 36] -= shift
      #expect(error(small) == .badBlock(offset: 8))
    }
  }

  @Test("F05: blocks outside the tree are refused; a reservation map outside has no reservations")
  func outside() throws {
    let good = try Blob("board")
    let count = UInt32(good.bytes.count)
    let places: [UInt32] = [
      count, count + 4, 0x7FFF_FFFC, 0x8000_0000, 0xFFFF_FF00, 0xFFFF_FFFC, .max - 3,
    ]
    for place in places {
      #expect(error(changed(good, 8, place)) == .badBlock(offset: 8))
      #expect(error(changed(good, 12, place)) == .badBlock(offset: 12))
      #expect(error(changed(good, 36, place)) == .badBlock(offset: 8))
      #expect(error(changed(good, 32, place)) == .badBlock(offset: 12))
      let (machine, error) = changed(good, 16, place).read()
      // What is left are the two nodes of /reserved-memory.
      #expect(error == nil && machine.reservations.array == [AddressRange(0x4800_0000, 0x20_0000)])
    }
  }

  @Test("F06: blocks that overlap each other, or the header, are read without harm")
  func overlap() throws {
    let good = try Blob("board")
    let offsets = [8, 12, 16].map { good[word: $0] } + [0, 4, 40, good[word: 8] + 4]
    for structure in offsets {
      for strings in offsets {
        for map in offsets {
          var blob = good
          blob[word: 8] = structure
          blob[word: 12] = strings
          blob[word: 16] = map
          blob[word: 32] = min(good[word: 32], UInt32(good.bytes.count) - strings)
          blob[word: 36] = min(good[word: 36], UInt32(good.bytes.count) - structure)
          let (machine, error) = blob.read()
          #expect(machine.reservations.count <= 32 && machine.memory.count <= 32)
          if structure != good[word: 8] { #expect(error != nil) }
        }
      }
    }
  }

  @Test("F07: versions that cannot be read as 17 are refused")
  func versions() throws {
    let good = try Blob("board")
    for version: UInt32 in [0, 1, 2, 3, 16] {
      #expect(error(changed(good, 20, version)) == .unsupportedVersion(found: version))
    }
    for version: UInt32 in [17, 18, 99, .max] { #expect(error(changed(good, 20, version)) == nil) }
    for last: UInt32 in [18, 99, 0x8000_0000, .max] {
      #expect(error(changed(good, 24, last)) == .unsupportedVersion(found: 17))
    }
  }

  // MARK: Tokens

  @Test("F08: a name that does not end is refused")
  func endlessName() {
    for count in 1...5 {
      let name = Array(repeating: 0x6161_6161 as UInt32, count: count)
      #expect(error(Blob(structure: [1] + name)) == .truncated(offset: 56))
      #expect(error(Blob(structure: [1, 0, 1] + name)) == .truncated(offset: 64))
    }
  }

  @Test("F09: a property without a name is ignored")
  func namelessProperty() {
    for name: UInt32 in [4, 5, 0x4000_0000, 0x7FFF_FFFF, 0x8000_0000, .max] {
      var structure: [UInt32] = [1, 0, 1, 0x6D65_6D00, 3, 4, name, 0x1234_5678]
      structure += [3, 7, 4, 0x6D65_6D6F, 0x7279_0000, 3, 12, 0, 0, 0x4000_0000, 0x1000, 2, 2, 9]
      let (machine, error) = Blob(
        structure: structure, strings: Array("reg\0device_type\0".utf8)
      ).read()
      // At 4 and 5 there are names; what they are about makes no sense, and matters to nobody.
      #expect(error == nil && machine.memory.array == [AddressRange(0x4000_0000, 0x1000)])
    }
  }

  @Test("F10: a property longer than what is left is refused")
  func longProperty() {
    for length: UInt32 in [13, 16, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFF4, 0xFFFF_FFFC, .max] {
      #expect(
        error(Blob(structure: [1, 0, 3, length, 0, 2, 2, 9])) == .truncated(offset: 64))
    }
    // One that takes the rest leaves no end.
    #expect(error(Blob(structure: [1, 0, 3, 12, 0, 2, 2, 9])) == .truncated(offset: 88))
  }

  @Test("F11, M17: 33, 65 or 1,000,000 levels are refused at the 17th, without recursion")
  func levels() {
    for count in [17, 33, 65, 1_000_000] {
      let begin: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0]
      var blob = Blob(structure: [9], strings: [])
      blob.bytes.removeLast(4)
      blob.bytes.reserveCapacity(56 + 8 * count)
      for _ in 0..<count { blob.bytes += begin }
      blob[word: 4] = UInt32(blob.bytes.count)
      blob[word: 12] = UInt32(blob.bytes.count)
      blob[word: 36] = UInt32(8 * count)
      #expect(error(blob) == .nestedTooDeep(offset: 56 + 16 * 8))
    }
  }

  @Test("F12: without an end, with one too many, or with properties behind children, it is refused")
  func ends() {
    #expect(error(Blob(structure: [1, 0, 2])) == .truncated(offset: 68))
    #expect(error(Blob(structure: [1, 0, 9])) == .badToken(found: 9, offset: 64))
    #expect(error(Blob(structure: [1, 0, 2, 2, 9])) == .badToken(found: 2, offset: 68))
    #expect(error(Blob(structure: [2, 9])) == .badToken(found: 2, offset: 56))
    #expect(
      error(Blob(structure: [1, 0, 1, 0, 2, 3, 0, 0, 2, 9])) == .badToken(found: 3, offset: 76))
    #expect(error(Blob(structure: [1, 0, 2, 1, 0, 2, 9])) == .badToken(found: 1, offset: 68))
  }

  @Test("F13: 1,000,000 words, nothing or nodes, are read once; more than is mapped is refused")
  func size() throws {
    let end: [UInt8] = [0, 0, 0, 2, 0, 0, 0, 9]
    let root: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0]
    for part in [[0, 0, 0, 4], [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]] as [[UInt8]] {
      var blob = Blob(structure: [9], strings: [])
      blob.bytes.removeLast(4)
      blob.bytes.reserveCapacity(4_000_000 + 80)
      blob.bytes += root
      for _ in 0..<4_000_000 / part.count { blob.bytes += part }
      blob.bytes += end
      blob[word: 4] = UInt32(blob.bytes.count)
      blob[word: 12] = UInt32(blob.bytes.count)
      blob[word: 36] = UInt32(blob.bytes.count - 56)
      #expect(error(blob) == nil)
      #expect(blob.read().error == .noMemory)
    }
    let good = try Blob("board")
    #expect(error(changed(good, 4, 1 << 30)) == .truncated(offset: UInt32(good.bytes.count)))
  }

  @Test("F14: a token that nobody knows is refused, wherever it stands")
  func unknownToken() {
    for token: UInt32 in [0, 5, 6, 7, 8, 10, 0x100, 0x0100_0000, 0x8000_0001, .max] {
      #expect(error(Blob(structure: [token, 1, 0, 2, 9])) == .badToken(found: token, offset: 56))
      #expect(error(Blob(structure: [1, 0, token, 2, 9])) == .badToken(found: token, offset: 64))
      #expect(error(Blob(structure: [1, 0, 2, token, 9])) == .badToken(found: token, offset: 68))
    }
  }

  // MARK: What is stated

  @Test("F15: reservations that do not end or wrap are bounded, and end where addresses end")
  func reservations() throws {
    var blob = Self.tree { _ in }
    // A map at the end of the tree, without a terminator.
    let map = blob.bytes.count
    for index in 0..<40 as Range<UInt32> {
      for word in [index, 0xFFFF_F000, .max, 0x2000] { blob.append(word) }
    }
    blob[word: 4] = UInt32(blob.bytes.count)
    blob[word: 16] = UInt32(map)
    let (machine, error) = blob.read()
    #expect(error == nil && machine.memory.array == Self.ram)
    #expect(machine.reservations.count == 32 && machine.reservations.droppedCount == 8)
    #expect(machine.reservations.array.allSatisfy { $0.end == .max })
  }

  @Test(
    "F16: numbers of cells of 0, 3, 5 or the most there is are refused; without them it is 2 and 1")
  func cells() {
    for (name, count) in ["#address-cells", "#size-cells"].flatMap({ name in
      ([0, 3, 4, 5, 0x8000_0000, .max] as [UInt32]).map { (name, $0) }
    }) {
      var writer = Writer()
      writer.begin("")
      writer.set(name, [count])
      writer.begin("memory")
      writer.set("device_type", "memory")
      writer.set("reg", [0, 0x4000_0000, 0, 0x1000, 0, 0])
      writer.end()
      writer.end()
      let (machine, error) = writer.blob.read()
      #expect(error == .badCellCount(found: count, offset: 56), "\(name) \(count)")
      #expect(machine.memory.count == 0)
    }
    let (machine, error) = Self.tree { _ in }.read()
    #expect(error == nil && machine.memory.array == Self.ram)
  }

  @Test("F17: how long addresses are is what the parent says, not the node")
  func parentsCells() {
    var writer = Writer()
    writer.begin("")
    writer.set("#address-cells", [1])
    writer.set("#size-cells", [1])
    writer.begin("memory")
    writer.set("#address-cells", [2])
    writer.set("#size-cells", [2])
    writer.set("device_type", "memory")
    writer.set("reg", [0x4000_0000, 0x1000, 0x5000_0000, 0x2000])
    writer.end()
    writer.end()
    let (machine, error) = writer.blob.read()
    #expect(error == nil)
    #expect(
      machine.memory.array == [
        AddressRange(0x4000_0000, 0x1000), AddressRange(0x5000_0000, 0x2000),
      ])
  }

  @Test("F18: of a register list whole entries count; an empty one is none")
  func entries() {
    for count in 0...7 {
      let cells: [UInt32] = [0, 0x6000_0000, 0x1000, 0, 0x7000_0000, 0x2000, 1]
      let blob = Self.tree {
        $0.begin("memory@60000000")
        $0.set("device_type", "memory")
        $0.set("reg", Array(cells.prefix(count)))
        $0.end()
      }
      let (machine, error) = blob.read()
      let whole = [AddressRange(0x6000_0000, 0x1000), AddressRange(0x7000_0000, 0x2000)]
      #expect(machine.memory.array == Self.ram + whole.prefix(count / 3), "\(count) cells")
      #expect((error == nil) == (count % 3 == 0))
    }
    // Bytes that are no cell.
    let blob = Self.tree {
      $0.begin("memory@60000000")
      $0.set("device_type", "memory")
      $0.set("reg", bytes: [0, 0, 0, 0, 0x60, 0, 0, 0, 0, 0, 0x10])
      $0.end()
    }
    #expect(blob.read().error != nil && blob.read().machine.memory.array == Self.ram)
  }

  @Test("F19: RAM that wraps is refused, RAM of no bytes is none, and without any that is said")
  func memory() {
    for (cells, isRefused) in [
      ([.max, 0xFFFF_F000, 0x2000], true), ([.max, .max, 1], true), ([0, 0x5000_0000, 0], false),
    ] as [([UInt32], Bool)] {
      let blob = Self.tree {
        $0.begin("memory@50000000")
        $0.set("device_type", "memory")
        $0.set("reg", cells)
        $0.end()
      }
      let (machine, error) = blob.read()
      #expect(machine.memory.array == Self.ram && (error != nil) == isRefused, "\(cells)")
    }
    var writer = Writer()
    writer.begin("")
    writer.begin("memory")
    writer.set("device_type", "memory")
    writer.set("reg", [0, 0x5000_0000, 0])
    writer.end()
    writer.end()
    #expect(writer.blob.read().error == .noMemory)
  }

  @Test("F20: of nodes with one phandle the first counts; phandles that lead nowhere are none")
  func phandles() throws {
    let good = try Blob("virt-default")
    let tree = try DeviceTree(good.bytes.span)
    let controller: UInt32 = 0x8002
    /// How many entries of the PCI interrupt map lead somewhere.
    func count(_ blob: Blob, to controller: UInt32) throws -> Int {
      let tree = try DeviceTree(blob.bytes.span)
      let interrupts = InterruptDescription(tree)
      return InterruptMap(of: interrupts.pciHosts[0], in: tree, to: controller).count
    }
    #expect(try count(good, to: controller) == 16)
    for phandle: UInt32 in [0, .max, 0x9999] {
      #expect(try count(good, to: phandle) == 0)
      let host = try require(tree.node(at: "/pcie"))
      let map = try require(tree.property("interrupt-map", of: host))
      var blob = good
      for entry in 0..<16 { blob[word: Int(map.offset) + 4 * (10 * entry + 4)] = phandle }
      #expect(try count(blob, to: controller) == 0)
      #expect(try count(blob, to: phandle) == 0)
    }
    // The clock has the controller's phandle too: of both, the one that comes first in the tree is meant.
    let clock = try require(tree.node(at: "/apb-pclk"))
    let phandle = try require(tree.property("phandle", of: clock))
    let blob = changed(good, Int(phandle.offset), controller)
    let gic = try require(tree.node(at: "/intc"))
    #expect(try count(blob, to: controller) == (clock.offset < gic.offset ? 0 : 16))
  }

  @Test("F21: interrupt-parent may lead in circles: it is not followed")
  func interruptParents() throws {
    let good = try Blob("virt-default")
    let tree = try DeviceTree(good.bytes.span)
    let parent = try require(tree.property("interrupt-parent", of: tree.root))
    let right = InterruptDescription(tree)
    for phandle: UInt32 in [0, 0x8000, 0x8001, 0x8003, 0x9999, .max] {
      let blob = changed(good, Int(parent.offset), phandle)
      let found = InterruptDescription(try DeviceTree(blob.bytes.span))
      #expect(found.controller?.phandle == right.controller?.phandle)
      #expect(found.timer == right.timer && found.pciHosts.count == 1)
    }
  }

  @Test(
    "F22: an interrupt map that is masked away, or whose controller wants other cells, is dropped")
  func interruptMap() throws {
    let good = try Blob("virt-default")
    let tree = try DeviceTree(good.bytes.span)
    let host = try require(tree.node(at: "/pcie"))
    let mask = try require(tree.property("interrupt-map-mask", of: host))
    let gic = try require(tree.node(at: "/intc"))
    func map(_ blob: Blob) throws -> InterruptMap {
      let tree = try DeviceTree(blob.bytes.span)
      return InterruptMap(of: InterruptDescription(tree).pciHosts[0], in: tree, to: 0x8002)
    }
    // No pin is left.
    let pinless = try map(changed(good, Int(mask.offset) + 12, 0))
    #expect(pinless.count == 0 && pinless.droppedCount == 16)
    // No device is left: all are one.
    let deviceless = try map(changed(good, Int(mask.offset), 0))
    #expect(deviceless.specifier(bus: 0, device: 9, function: 0, pin: 1)?.number == 3)
    for (name, counts) in [
      ("#interrupt-cells", [0, 1, 2, 5, .max]), ("#address-cells", [1, 3, 5, .max]),
    ] as [(DeviceTreeName, [UInt32])] {
      let cells = try require(tree.property(name, of: gic))
      for count in counts {
        let found = try map(changed(good, Int(cells.offset), count))
        #expect(found.count < 16 && found.droppedCount > 0, "\(count)")
      }
    }
  }

  @Test("F23: ranges that wrap, or cover nothing, translate nothing")
  func ranges() {
    for (ranges, isReached) in [
      ([0, 0, 0x5000_0000, 0x1_0000], true), ([0, .max, 0xFFFF_F000, 0x1_0000], false),
      ([0xFFFF_F000, 0, 0x5000_0000, 0x2000], false), ([0, 0, 0x5000_0000, 0], false),
      ([0, 0, 0x5000_0000], false),
    ] as [([UInt32], Bool)] {
      let blob = Self.tree {
        $0.begin("soc")
        $0.set("#address-cells", [1])
        $0.set("#size-cells", [1])
        $0.set("ranges", ranges)
        $0.set("dma-ranges", ranges)
        $0.begin("serial")
        $0.set("compatible", "arm,pl011")
        $0.set("reg", [0x1000, 0x1000])
        $0.end()
        $0.end()
      }
      let (machine, error) = blob.read()
      #expect(machine.memory.array == Self.ram)
      #expect((error == nil) == isReached && (machine.uart != nil) == isReached, "\(ranges)")
    }
  }

  @Test("F24: a console that names itself, or does not end, is not followed; another one serves")
  func console() {
    for (path, alias) in [
      ("serial0\0", "serial0\0"), ("serial0:115200\0", "serial1\0"), ("serial0", "/soc/uart"),
      ("/chosen\0", ""), ("", "serial0"), ("/\0", "\0"), ("/serial@1000/serial@1000\0", "x\0"),
    ] {
      let blob = Self.tree {
        $0.begin("aliases")
        $0.set("serial0", bytes: Array(alias.utf8))
        $0.set("serial1", "serial0")
        $0.end()
        $0.begin("chosen")
        $0.set("stdout-path", bytes: Array(path.utf8))
        $0.end()
        $0.begin("serial@1000")
        $0.set("compatible", "arm,pl011")
        $0.set("reg", [0, 0x900_0000, 0x1000])
        $0.end()
      }
      let (machine, error) = blob.read()
      #expect(
        error == nil && machine.uart?.registers == AddressRange(0x900_0000, 0x1000), "\(path)")
    }
  }

  @Test("F25: arguments without an end, or of 1 MiB, end where their property does")
  func arguments() throws {
    for (bytes, count) in [
      (Array("frames=3".utf8), 8), (Array(repeating: 0x61, count: 1 << 20), 1 << 20), ([], 0),
      ([0, 0x61], 0),
    ] as [([UInt8], Int)] {
      let blob = Self.tree {
        $0.begin("chosen")
        $0.set("bootargs", bytes: bytes)
        $0.end()
      }
      let (machine, error) = blob.read()
      #expect(error == nil)
      #expect(try blob.text(machine.bootArguments).utf8.count == count)
    }
  }

  @Test("F26: a list of names that does not end is compared no further than it goes")
  func endlessList() {
    for (list, isOne) in [
      ("arm,pl01", false), ("xarm,pl011", false), ("arm,pl011x", false), ("arm,pl011xyz", false),
      ("arm,pl011\0", true), ("x\0arm,pl011\0", true), ("", false), ("\0\0\0", false),
      // The fill behind the value ends it.
      ("arm,pl011", true), ("x\0arm,pl011", true),
    ] {
      let blob = Self.tree {
        $0.begin("serial")
        $0.set("compatible", bytes: Array(list.utf8))
        $0.set("reg", [0, 0x900_0000, 0x1000])
        $0.end()
      }
      let (machine, error) = blob.read()
      #expect(error == nil && (machine.uart != nil) == isOne, "\(list)")
    }
  }

  @Test("F27: no CPU, 100,000 of them or twice the same: the one that runs is all there is to know")
  func processors() {
    for count in [0, 1, 100_000] {
      let blob = Self.tree {
        $0.begin("cpus")
        for _ in 0..<count {
          $0.begin("cpu@0")
          $0.set("reg", [0])
          $0.end()
        }
        $0.end()
      }
      let (machine, error) = blob.read()
      #expect(error == nil && machine.memory.array == Self.ram)
    }
  }

  @Test("F28: a PCI host whose buses run backwards, or whose ECAM is empty or unaligned, is said")
  func pciHost() {
    func host(_ buses: [UInt32], _ registers: [UInt32], _ ranges: [UInt32] = []) -> (
      machine: MachineDescription, error: DeviceTreeError?
    ) {
      Self.tree {
        $0.begin("pcie")
        $0.set("compatible", "pci-host-ecam-generic")
        $0.set("#address-cells", [3])
        $0.set("#size-cells", [2])
        $0.set("reg", registers)
        if !buses.isEmpty { $0.set("bus-range", buses) }
        $0.set("ranges", ranges)
        $0.end()
      }.read()
    }
    let ecam: [UInt32] = [0, 0x3000_0000, 0x100_0000]
    #expect(host([0, 15], ecam).error == nil && host([], ecam).machine.pciHosts[0].lastBus == 15)
    for buses in [[1, 0], [255, 254], [0, 256], [0, .max], [.max, .max], [0]] as [[UInt32]] {
      let (machine, error) = host(buses, ecam)
      #expect(error != nil && machine.pciHosts.count == 0, "\(buses)")
      #expect(machine.memory.array == Self.ram)
    }
    for registers in [
      [], [0, 0, 0], [0, 0x3000_0000, 0], [0, 0x3000_0000, 0xF_FFFF], [0, 0x3000_0001, 0x10_0000],
      [0, 0x3000_0800, 0x10_0000], [.max, 0xFFFF_F000, 0x10_0000],
    ] as [[UInt32]] {
      #expect(host([0, 15], registers).error != nil, "\(registers)")
      #expect(host([0, 15], registers).machine.pciHosts.count == 0)
    }
    // A window that wraps, on its bus or for the CPU.
    for window in [
      [0x300_0000, .max, 0xFFFF_F000, 0, 0x5000_0000, 0, 0x2000],
      [0x300_0000, 0, 0x5000_0000, .max, 0xFFFF_F000, 0, 0x2000],
    ] as [[UInt32]] {
      #expect(host([0, 15], ecam, window).machine.pciHosts.count == 0)
    }
  }
}

extension Blob {
  /// The first bytes of another.
  fileprivate init(bytes other: Blob, count: Int) {
    self = other
    bytes.removeLast(bytes.count - count)
  }
}
