/// The places where a tree says that there may be a VirtIO device without PCI, in the tree's order.
///
/// Apart from ``MachineDescription``, as a kernel with PCI needs none of it. What makes no sense is left
/// out; nothing here is an error. Most places are empty on most machines: only their registers tell.
public struct VirtIOSlots: Sendable {
  private var nodes = BoundedList<64, VirtIOSlotNode>(filledWith: VirtIOSlotNode())

  /// Reads what `tree` states: the first 64.
  ///
  /// Takes time linear in the size of the tree, for each of a few properties of each node.
  public init(_ tree: DeviceTree) {
    var walk = InterruptWalk(tree)
    walk.read(into: &self)
  }

  mutating func append(_ node: VirtIOSlotNode) { nodes.append(node) }

  /// How many there are.
  public var count: Int { nodes.count }
  /// How many there are beyond those.
  public var droppedCount: Int { nodes.droppedCount }
  /// The place at `index`, which must be less than ``count``.
  public subscript(index: Int) -> VirtIOSlotNode { nodes[index] }
}

/// A node compatible with `virtio,mmio`.
///
/// - Spec: VirtIO 1.4 §4.2.1 "MMIO Device Discovery"
public struct VirtIOSlotNode: BitwiseCopyable, Equatable, Sendable {
  /// The registers, and behind them the device configuration.
  public internal(set) var registers = AddressRange()
  /// Its interrupt, if it has one that a GIC can have.
  public internal(set) var interrupt: InterruptSpecifier?
  /// Whether the device snoops the caches: `dma-coherent` here or on a parent.
  public internal(set) var isDMACoherent = false
}
