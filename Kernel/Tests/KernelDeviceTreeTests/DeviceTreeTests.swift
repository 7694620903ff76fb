import KernelDeviceTree
import Testing

@Suite("Reading a flattened tree")
struct DeviceTreeTests {
  private func error(_ blob: Blob) -> DeviceTreeError? {
    do throws(DeviceTreeError) {
      _ = try DeviceTree(blob.bytes.span)
      return nil
    } catch {
      return error
    }
  }

  @Test("Every header field is checked") func header() throws {
    let good = try Blob("virt-default")
    #expect(error(good) == nil)
    func with(_ offset: Int, _ word: UInt32) -> DeviceTreeError? {
      var blob = good
      blob[word: offset] = word
      return error(blob)
    }
    let count = UInt32(good.bytes.count)
    #expect(with(0, 0xEDFE_0DD0) == .badMagic(found: 0xEDFE_0DD0))
    #expect(with(4, count + 1) == .truncated(offset: count))
    #expect(with(4, 39) == .badBlock(offset: 4))
    #expect(with(8, 0xFFFF_FFFC) == .badBlock(offset: 8))
    #expect(with(8, good[word: 8] + 2) == .badBlock(offset: 8))
    #expect(with(36, .max) == .badBlock(offset: 8))
    #expect(with(12, .max) == .badBlock(offset: 12))
    #expect(with(32, .max) == .badBlock(offset: 12))
    #expect(with(20, 16) == .unsupportedVersion(found: 16))
    #expect(with(24, 18) == .unsupportedVersion(found: 17))
    #expect(error(Blob(structure: [])) == .truncated(offset: 56))
    var empty = good
    empty.bytes = []
    #expect(error(empty) == .badMagic(found: 0))
  }

  @Test("Tokens stand where they may") func tokens() {
    #expect(error(Blob(structure: [4, 1, 0, 4, 3, 0, 0, 4, 1, 0x6100_0000, 2, 4, 2, 4, 9])) == nil)
    #expect(error(Blob(structure: [9])) == .badToken(found: 9, offset: 56))
    #expect(error(Blob(structure: [2, 9])) == .badToken(found: 2, offset: 56))
    #expect(error(Blob(structure: [3, 0, 0, 9])) == .badToken(found: 3, offset: 56))
    #expect(error(Blob(structure: [1, 0, 7])) == .badToken(found: 7, offset: 64))
    #expect(error(Blob(structure: [1, 0, 9])) == .badToken(found: 9, offset: 64))
    #expect(error(Blob(structure: [1, 0, 2, 1, 0, 2, 9])) == .badToken(found: 1, offset: 68))
    #expect(
      error(Blob(structure: [1, 0, 1, 0, 2, 3, 0, 0, 2, 9])) == .badToken(found: 3, offset: 76))
    #expect(error(Blob(structure: [1, 0, 2])) == .truncated(offset: 68))
    #expect(error(Blob(structure: [1, 0x6161_6161])) == .truncated(offset: 56))
    #expect(error(Blob(structure: [1, 0, 3, .max, 0, 2, 9])) == .truncated(offset: 64))
    #expect(error(Blob(structure: [4, 4, 4])) == .truncated(offset: 56))
  }

  @Test("Sixteen levels are read, the seventeenth is refused") func depth() {
    func nested(_ depth: Int) -> Blob {
      Blob(
        structure: Array(repeating: [1, 0], count: depth).flatMap { $0 }
          + Array(repeating: 2, count: depth) + [9])
    }
    #expect(error(nested(16)) == nil)
    #expect(nested(16).read().error == .noMemory)
    #expect(error(nested(17)) == .nestedTooDeep(offset: 56 + 16 * 8))
    #expect(error(nested(100_000)) == .nestedTooDeep(offset: 56 + 16 * 8))
  }

  @Test("Nodes, properties and names can be walked") func walk() throws {
    let blob = try Blob("virt-default")
    let tree = try DeviceTree(blob.bytes.span)
    func string(_ span: Span<UInt8>) -> String {
      String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
    }
    var names: [String] = []
    var last = tree.root
    while let node = tree.node(after: last) {
      names.append(String(repeating: "/", count: Int(node.depth)) + string(tree.name(of: node)))
      last = node
    }
    #expect(names.count == 55)
    #expect(names.first == "/psci" && names.last == "/chosen")
    #expect(names.contains("/////core0") && names.filter { $0.hasPrefix("/virtio") }.count == 32)
    expect(string(tree.name(of: tree.root)) == "")

    let uart = try require(tree.node(at: "/pl011@9000000"))
    expect(tree.node(at: "/pl011") == uart)
    expect(tree.isNamed("pl011", uart) && !tree.isNamed("pl01", uart))
    expect(tree.node(at: "/") == tree.root)
    expect(tree.node(at: "/cpus/cpu-map/socket0/cluster0/core0")?.depth == 5)
    expect(tree.node(at: "/cpus/core0") == nil)
    expect(tree.node(at: "pl011") == nil && tree.node(at: "/pl011/pl011") == nil)
    var properties = 0
    var next = tree.property(after: nil, of: uart)
    while let property = next {
      properties += 1
      if tree.isNamed("clock-names", property) {
        expect(tree.list(property.value, contains: "apb_pclk"))
        expect(string(tree.text(of: property.value)) == "uartclk")
        expect(tree.bytes(of: property.value).count == 17)
      }
      next = tree.property(after: property, of: uart)
    }
    #expect(properties == 5)
    let psci = try require(tree.node(at: "/psci"))
    expect(tree.property("reg", of: psci) == nil)
    expect(tree.node(after: try require(tree.node(at: "/chosen"))) == nil)
  }

  @Test("Nothing is found outside a value") func values() throws {
    let blob = try Blob("board")
    let tree = try DeviceTree(blob.bytes.span)
    let psci = try require(tree.node(at: "/psci"))
    let method = try require(tree.property("method", of: psci))
    expect(tree.list(method, contains: "smc"))
    expect(!tree.list(method, contains: "sm") && !tree.list(method, contains: "smc1"))
    expect(tree.cell(at: 0, of: method) == 0x736D_6300 && tree.cell(at: 1, of: method) == nil)
    expect(tree.cell(at: -1, of: method) == nil && tree.cell(at: .max, of: method) == nil)
    expect(tree.reservation(at: 1) == AddressRange(0x4FF0_0000, 0x1234))
    expect(tree.reservation(at: 2) == nil && tree.reservation(at: -1) == nil)
    expect(tree.reservation(at: .max) == nil)
  }
}
