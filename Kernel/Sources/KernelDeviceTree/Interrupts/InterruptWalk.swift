/// Reads an ``InterruptDescription``, or ``VirtIOSlots``, in one walk.
struct InterruptWalk: ~Copyable, ~Escapable {
  private let tree: DeviceTree
  /// The nodes from the root to the current one.
  private var path: InlineArray<32, DeviceTreeNode>
  private var depth = 0

  @_lifetime(copy tree)
  init(_ tree: DeviceTree) {
    self.tree = tree
    path = InlineArray(repeating: tree.root)
  }

  mutating func read(into interrupts: inout InterruptDescription) {
    var last = tree.root
    while let (node, compatible) = next(after: last) {
      last = node
      if let compatible { judge(node, compatible, &interrupts) }
    }
  }

  mutating func read(into slots: inout VirtIOSlots) {
    var last = tree.root
    while let (node, compatible) = next(after: last) {
      last = node
      guard let compatible, tree.list(compatible, contains: .virtioSlot),
        let registers = register(0)
      else { continue }
      slots.append(
        VirtIOSlotNode(
          registers: registers, interrupt: interrupt(0, of: node), isDMACoherent: isDMACoherent))
    }
  }

  /// The node that follows, and what it is compatible with if it is not switched off.
  private mutating func next(after last: DeviceTreeNode) -> (DeviceTreeNode, DeviceTreeValue?)? {
    guard let node = tree.node(after: last), node.depth <= DeviceTree.maximumDepth else {
      return nil
    }
    depth = Int(node.depth)
    path[depth & 31] = node
    let compatible = tree.property(.compatible, of: node)
    return (node, compatible != nil && isEnabled ? compatible : nil)
  }

  private func judge(
    _ node: DeviceTreeNode, _ compatible: DeviceTreeValue,
    _ interrupts: inout InterruptDescription
  ) {
    if tree.list(compatible, contains: .gicV3) {
      if interrupts.controller == nil { interrupts.controller = controller(node, .v3) }
    } else if tree.list(compatible, contains: .cortexA15GIC)
      || tree.list(compatible, contains: .gic400)
      || tree.list(compatible, contains: .cortexA9GIC)
      || tree.list(compatible, contains: .cortexA7GIC)
    {
      if interrupts.controller == nil { interrupts.controller = controller(node, .v2) }
    } else if tree.list(compatible, contains: .messageFrame) {
      if let node = messageController(node) { interrupts.messageFrames.append(node) }
    } else if tree.list(compatible, contains: .translationService) {
      if let node = messageController(node) { interrupts.translationServices.append(node) }
    } else if tree.list(compatible, contains: .pciHost) {
      interrupts.pciHosts.append(node)
    } else if tree.list(compatible, contains: .timer) {
      interrupts.timer = interrupts.timer ?? virtualTimer(node)
    }
  }

  /// Whether neither the current node nor one that it lies in is switched off.
  private var isEnabled: Bool {
    var level = depth
    while level >= 0 {
      if let status = tree.property(.status, of: path[level & 31]),
        !tree.list(status, contains: .okay), !tree.list(status, contains: .ok)
      {
        return false
      }
      level &-= 1
    }
    return true
  }

  /// Whether the current node snoops the caches, as it says itself or else what it lies in.
  private var isDMACoherent: Bool {
    var level = depth
    while level >= 0 {
      if tree.property(.dmaCoherent, of: path[level & 31]) != nil { return true }
      if tree.property(.dmaNoncoherent, of: path[level & 31]) != nil { return false }
      level &-= 1
    }
    return false
  }

  // MARK: Nodes

  private func controller(
    _ node: DeviceTreeNode, _ version: InterruptControllerNode.Version
  ) -> InterruptControllerNode {
    var controller = InterruptControllerNode(version: version)
    controller.phandle = tree.cell(.phandle, of: node) ?? 0
    while let range = register(controller.registers.count) {
      controller.registers.append(range)
      if controller.registers.count == 8 { break }
    }
    let count = tree.cell(.redistributorRegions, of: node) ?? 1
    controller.redistributorRegionCount = Int(min(max(count, 1), 7))
    if let stride = tree.property(.redistributorStride, of: node) {
      controller.redistributorStride = tree.bytes.number(
        at: stride.start, cells: Int(min(stride.byteCount / 4, 2)))
    }
    return controller
  }

  private func messageController(_ node: DeviceTreeNode) -> MessageControllerNode? {
    guard let registers = register(0) else { return nil }
    return MessageControllerNode(
      phandle: tree.cell(.phandle, of: node) ?? 0, registers: registers,
      firstLine: tree.cell(.firstLine, of: node), lineCount: tree.cell(.lineCount, of: node))
  }

  /// The third of the timer's interrupts, after those of both physical ones.
  private func virtualTimer(_ node: DeviceTreeNode) -> InterruptSpecifier? {
    interrupt(2, of: node)
  }

  /// One of a node's interrupts, of three cells each.
  private func interrupt(_ index: Int, of node: DeviceTreeNode) -> InterruptSpecifier? {
    let first = 3 &* index
    guard let value = tree.property(.interrupts, of: node),
      let kind = tree.cell(at: first, of: value),
      let number = tree.cell(at: first &+ 1, of: value),
      let flags = tree.cell(at: first &+ 2, of: value)
    else { return nil }
    return InterruptSpecifier(kind: kind, number: number, flags: flags)
  }

  // MARK: Addresses

  /// An entry of the current node's `reg`, as the root sees it; nil if there is none, or none that
  /// makes sense.
  private func register(_ index: Int) -> AddressRange? {
    guard depth > 0, let value = tree.property(.reg, of: path[depth & 31]),
      let cells = cells(of: path[(depth &- 1) & 31])
    else { return nil }
    let length = 4 &* (cells.address &+ cells.size)
    guard (index &+ 1) &* length <= Int(value.byteCount) else { return nil }
    let start = value.start &+ index &* length
    let base = tree.bytes.number(at: start, cells: cells.address)
    let byteCount = tree.bytes.number(at: start &+ 4 &* cells.address, cells: cells.size)
    guard byteCount > 0, let address = translate(base, byteCount) else { return nil }
    return AddressRange(base: address, byteCount: byteCount)
  }

  private func cells(of node: DeviceTreeNode) -> (address: Int, size: Int)? {
    let address = tree.cell(.addressCells, of: node) ?? 2
    let size = tree.cell(.sizeCells, of: node) ?? 1
    guard address >= 1, address <= 2, size >= 1, size <= 2 else { return nil }
    return (Int(address), Int(size))
  }

  /// Turns an address on the current node's bus into one that the root uses.
  ///
  /// - Spec: Devicetree 0.4 §2.3.8 "ranges"
  private func translate(_ base: UInt64, _ byteCount: UInt64) -> UInt64? {
    guard !base.addingReportingOverflow(byteCount).overflow else { return nil }
    var base = base
    var level = depth &- 1
    while level > 0 {
      guard let ranges = tree.property(.ranges, of: path[level & 31]) else { return nil }
      if ranges.byteCount > 0 {
        guard let found = translate(base, byteCount, ranges, level) else { return nil }
        base = found
      }
      level &-= 1
    }
    return base.addingReportingOverflow(byteCount).overflow ? nil : base
  }

  private func translate(
    _ base: UInt64, _ byteCount: UInt64, _ ranges: DeviceTreeValue, _ level: Int
  ) -> UInt64? {
    guard let child = cells(of: path[level & 31]), let parent = cells(of: path[(level &- 1) & 31])
    else {
      return nil
    }
    var offset = ranges.start
    while offset &+ 4 &* (child.address &+ parent.address &+ child.size) <= ranges.end {
      let start = tree.bytes.number(at: offset, cells: child.address)
      offset &+= 4 &* child.address
      let address = tree.bytes.number(at: offset, cells: parent.address)
      offset &+= 4 &* parent.address
      let size = tree.bytes.number(at: offset, cells: child.size)
      offset &+= 4 &* child.size
      if base >= start, base &- start <= size, byteCount <= size &- (base &- start) {
        let (moved, wraps) = address.addingReportingOverflow(base &- start)
        return wraps ? nil : moved
      }
    }
    return nil
  }
}
