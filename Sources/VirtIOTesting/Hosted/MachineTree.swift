import VirtIO

/// As much of a flattened device tree as it takes to find the PCI host bridge, and devices without PCI.
///
/// - Spec: Devicetree Specification 0.4 §5 "Flattened Devicetree (DTB) Format"
struct MachineTree {
  /// The children of the root: each its properties, by name.
  private(set) var nodes: [[String: [UInt8]]] = []

  private enum Token {
    static let beginNode: UInt64 = 1
    static let endNode: UInt64 = 2
    static let property: UInt64 = 3
    static let nothing: UInt64 = 4
  }

  /// Reads what is there; whatever makes no sense ends the reading.
  init(_ bytes: [UInt8]) {
    func cell(_ offset: Int) -> UInt64? {
      guard offset >= 0, offset + 4 <= bytes.count else { return nil }
      return number(bytes[offset..<offset + 4])
    }
    func text(_ offset: Int) -> String {
      String(decoding: bytes.dropFirst(offset).prefix { $0 != 0 }, as: UTF8.self)
    }
    guard cell(0) == 0xd00d_feed, let structure = cell(8), let strings = cell(12) else { return }
    var offset = Int(structure)
    var depth = 0
    while let token = cell(offset) {
      offset += 4
      switch token {
      case Token.beginNode:
        depth += 1
        if depth == 2 { nodes.append([:]) }
        offset += (text(offset).utf8.count + 4) & ~3
      case Token.endNode:
        depth -= 1
      case Token.property:
        guard let length = cell(offset), let name = cell(offset + 4) else { return }
        let start = offset + 8
        let end = start + Int(length)
        guard end <= bytes.count else { return }
        if depth == 2 {
          nodes[nodes.count - 1][text(Int(strings) + Int(name))] = Array(bytes[start..<end])
        }
        offset = (end + 3) & ~3
      case Token.nothing:
        continue
      default:
        return
      }
    }
  }

  /// The nodes that say they are `compatible` with something.
  func nodes(compatibleWith name: String) -> [[String: [UInt8]]] {
    nodes.filter { node in
      (node["compatible"] ?? []).split(separator: 0).contains { $0.elementsEqual(name.utf8) }
    }
  }
}

/// A big-endian number.
func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.reduce(0) { $0 << 8 | UInt64($1) }
}
