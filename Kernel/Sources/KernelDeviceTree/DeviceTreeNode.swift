/// A node of a ``DeviceTree``: where it lies.
///
/// A small value that outlives the tree; use it only with the tree it came from.
public struct DeviceTreeNode: BitwiseCopyable, Equatable, Sendable {
  /// Where the node starts, in bytes from the start of the tree.
  ///
  /// No two nodes share it.
  public let offset: UInt32

  /// How many nodes this one lies in: 0 for the root.
  public let depth: UInt32
}

extension DeviceTree {
  /// The node at the top.
  public var root: DeviceTreeNode {
    DeviceTreeNode(offset: UInt32(truncatingIfNeeded: structureStart), depth: 0)
  }

  /// The node that follows in the tree's own order: the first child of `node`, else its next
  /// sibling, else the next sibling of one it lies in; `nil` after the last.
  ///
  /// Takes time linear in the properties of `node`.
  @inline(never)
  public func node(after node: DeviceTreeNode) -> DeviceTreeNode? {
    var token = token(at: node.offset)
    var depth = node.depth &+ 1
    while token.end > token.offset, depth > 0 {
      token = self.token(at: token.end)
      if token.kind == .beginNode { return DeviceTreeNode(offset: token.offset, depth: depth) }
      if token.kind == .endNode { depth &-= 1 }
    }
    return nil
  }

  /// The name of a node with its unit address, as in `pl011@9000000`; empty for the root.
  @_lifetime(copy self)
  public func name(of node: DeviceTreeNode) -> Span<UInt8> {
    let end = UInt32(truncatingIfNeeded: structureEnd)
    let start = min(node.offset &+ 4, end)
    return text(of: DeviceTreeValue(offset: start, byteCount: end - start))
  }

  #if !hasFeature(Embedded)
  /// Whether the node has this name, where a name without unit address fits any.
  ///
  /// - Spec: Devicetree 0.4 §2.2.3 "Path Names"
  public func isNamed(_ name: DeviceTreeName, _ node: DeviceTreeNode) -> Bool {
    let next = bytes.byte(after: name.bytes, at: Int(node.offset) &+ 4, end: structureEnd)
    return next == 0 || next == UInt8(ascii: "@")
  }
  #endif

  #if !hasFeature(Embedded)
  /// The node at a full path, such as `/chosen` or `/soc/pl011@9000000`, or `nil`.
  ///
  /// Takes time linear in the size of the structure block.
  public func node(at path: DeviceTreeName) -> DeviceTreeNode? {
    node(at: path.bytes)
  }
  #endif

  @inline(never)
  func node(at path: Span<UInt8>) -> DeviceTreeNode? {
    let slash = UInt8(ascii: "/")
    guard path.byte(at: 0) == slash else { return nil }
    var found = root
    var last = found
    var start = 1
    while start < path.count {
      guard let node = node(after: last), node.depth > found.depth else { return nil }
      last = node
      if node.depth != found.depth &+ 1 { continue }
      var end = start
      var name = Int(node.offset) &+ 4
      while end < path.count, path.byte(at: end) != slash,
        path.byte(at: end) == bytes.byte(at: name)
      {
        end &+= 1
        name &+= 1
      }
      let next = bytes.byte(at: name)
      if end == path.count || path.byte(at: end) == slash, next == 0 || next == UInt8(ascii: "@") {
        found = node
        start = end &+ 1
      }
    }
    return found
  }
}
