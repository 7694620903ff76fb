import FuzzInputs
import KernelDeviceTree

/// Any bytes as a device tree: as they are, or as the plan of a tree that is whole but may say anything.
enum DeviceTreeCase {
  static func run(_ bytes: Span<UInt8>) throws(Finding) {
    guard bytes.count > 0, bytes[0] & 1 == 1 else {
      return try read(bytes.extracting(droppingFirst: 1))
    }
    var plan = TreePlan(FuzzInput(bytes.extracting(droppingFirst: 1)))
    let blob = plan.makeTree()
    try read(blob.span)
  }

  private static func read(_ bytes: Span<UInt8>) throws(Finding) {
    let tree: DeviceTree
    do {
      tree = try DeviceTree(bytes)
    } catch {
      try check(Int(error.offset ?? 0) <= bytes.count, "an error lies at \(error.offset ?? 0)")
      return try explain(error)
    }
    try walk(tree)
    var machine = MachineDescription()
    do throws(DeviceTreeError) {
      try machine.read(tree)
      try check(machine.memory.count > 0)
    } catch {
      try explain(error)
    }
    for index in 0..<machine.uarts.count { _ = tree.name(of: machine.uarts[index].node) }
    _ = machine.uart
    _ = tree.text(of: machine.bootArguments)
    for index in 0..<machine.pciHosts.count {
      let host = machine.pciHosts[index]
      try check(host.firstBus <= host.lastBus, "a bridge has no bus")
      for window in 0..<host.windows.count {
        let window = host.windows[window]
        try check(
          [.io, .memory32, .memory64].contains(window.space),
          "a window is of no kind: \(window.space)")
        let end = window.busAddress.addingReportingOverflow(window.byteCount)
        let cpuEnd = window.address.addingReportingOverflow(window.byteCount)
        try check(window.byteCount > 0 && !end.overflow && !cpuEnd.overflow, "a window wraps")
      }
    }
    for index in 0..<machine.memory.count {
      let bank = machine.memory[index]
      try check(
        bank.byteCount > 0 && !bank.base.addingReportingOverflow(bank.byteCount).overflow
          && bank.end == bank.base + bank.byteCount,
        "a bank of memory wraps")
    }
    try readInterrupts(tree)
  }

  private static func explain(_ error: DeviceTreeError) throws(Finding) {
    try check(error.expectation.utf8CodeUnitCount > 0, "an error says nothing")
    _ = error.found
  }

  private static func check(_ isFound: Bool) throws(DeviceTreeError) {
    // Without memory it says so.
    if !isFound { fatalError("a machine without memory is no error") }
  }

  /// Looks at everything once: there is no more of it than there are bytes.
  private static func walk(_ tree: DeviceTree) throws(Finding) {
    var remaining = tree.bytes.count
    var node: DeviceTreeNode? = tree.root
    var last: UInt32?
    while let current = node {
      remaining -= 1
      try check(remaining > 0 && current.offset > last ?? 0, "nodes do not end")
      try check(current.depth < UInt32(DeviceTree.maximumDepth), "a node lies too deep")
      last = current.offset
      _ = tree.name(of: current).count
      _ = tree.isNamed("memory", current)
      _ = tree.property("reg", of: current)
      var property = tree.property(after: nil, of: current)
      while let found = property {
        remaining -= 1
        try check(remaining > 0, "properties do not end")
        let (start, count) = (Int(found.value.offset), Int(found.value.byteCount))
        try check(
          start >= 40 && count <= tree.bytes.count && start <= tree.bytes.count - count,
          "a value lies outside")
        try check(tree.bytes(of: found.value).count == count, "a value is cut")
        _ = tree.text(of: found.value).count
        _ = tree.isNamed("reg", found)
        _ = tree.list(found.value, contains: "arm,pl011")
        _ = tree.cell(at: count / 4 - 1, of: found.value)
        property = tree.property(after: found, of: current)
      }
      node = tree.node(after: current)
    }
    for index in -1..<4 {
      guard let range = tree.reservation(at: index) else { continue }
      try check(range.end >= range.base, "a reserved range ends before it begins")
    }
    for path: DeviceTreeName in ["/", "/chosen", "/soc/bridge/uart"] { _ = tree.node(at: path) }
  }

  private static func readInterrupts(_ tree: DeviceTree) throws(Finding) {
    let interrupts = InterruptDescription(tree)
    for index in 0..<interrupts.pciHosts.count {
      let host = interrupts.pciHosts[index]
      let map = InterruptMap(of: host, in: tree, to: interrupts.controller?.phandle ?? 0)
      for device: UInt8 in 0..<4 {
        let found = map.specifier(bus: 0, device: device, function: 0, pin: 1)
        try check((found?.number ?? 0) < 988, "an interrupt is none")
        try check(
          1...4 ~= InterruptMap.swizzled(pin: 1, device: device),
          "behind a bridge there is no such pin")
        try check(found == nil || map.count > 0, "an interrupt comes of an empty map")
      }
      let messages = MessageMap(of: host, in: tree)
      for requester: UInt16 in [0, 8, 0x100, .max] { _ = messages.target(of: requester) }
    }
    let slots = VirtIOSlots(tree)
    for index in 0..<slots.count { _ = slots[index].interrupt }
    try check(slots.droppedCount >= 0, "fewer than no slots are dropped")
  }

  private static func check(_ condition: Bool, _ description: @autoclosure () -> String)
    throws(Finding)
  {
    if !condition { throw Finding("device tree: " + description()) }
  }
}
