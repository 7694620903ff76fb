/// Which line of the interrupt controller the interrupt pins of PCI functions lead to: `interrupt-map`
/// of a host bridge.
///
/// - Spec: Devicetree 0.4 §2.4.3 "Interrupt Nexus Properties"; PCI Bus Binding to IEEE 1275 2.1
///   (`phys.hi`)
public struct InterruptMap: Sendable {
  /// How many entries were dropped because they make no sense, lead elsewhere, or are too many. What
  /// follows an entry that cannot be measured counts as one.
  public private(set) var droppedCount = 0
  /// How many are left.
  public var count: Int { entries.count }

  private var entries = BoundedList<64, Entry>(filledWith: Entry())
  private var addressMask: UInt32 = 0xff00
  private var pinMask: UInt32 = 7

  private struct Entry: BitwiseCopyable, Sendable {
    var address: UInt32 = 0
    var pin: UInt32 = 0
    var specifier: InterruptSpecifier?
  }

  /// Reads the map of a host bridge, as far as it leads to a controller.
  ///
  /// Takes time linear in the size of the tree.
  ///
  /// - Parameter controller: The controller's phandle.
  public init(of host: DeviceTreeNode, in tree: DeviceTree, to controller: UInt32) {
    guard let map = tree.property(.interruptMap, of: host) else { return }
    if let mask = tree.property(.interruptMapMask, of: host) {
      guard let address = tree.cell(at: 0, of: mask), let pin = tree.cell(at: 3, of: mask) else {
        droppedCount = 1
        return
      }
      addressMask = address
      pinMask = pin
    }
    let parent = Self.cells(of: controller, in: tree)
    var index = 0
    while index &* 4 < Int(map.byteCount) {
      // Three cells of address, one of pin, the controller, and what that wants to know.
      let phandle = tree.cell(at: index &+ 4, of: map)
      let cells = phandle == controller ? parent : Self.cells(of: phandle, in: tree)
      guard let cells, tree.cell(at: index &+ 4 &+ cells, of: map) != nil else {
        droppedCount &+= 1
        break
      }
      if phandle == controller, let entry = entry(at: index, cells, tree, map) {
        entries.append(entry)
      } else {
        droppedCount &+= 1
      }
      index &+= 5 &+ cells
    }
    droppedCount &+= entries.droppedCount
  }

  /// The entry from cell `index` on, whose controller takes so many cells; the last three of them are
  /// the interrupt.
  private func entry(at index: Int, _ cells: Int, _ tree: DeviceTree, _ map: DeviceTreeValue)
    -> Entry?
  {
    let last = index &+ 4 &+ cells
    guard cells >= 3, let address = tree.cell(at: index, of: map),
      let pin = tree.cell(at: index &+ 3, of: map), pin & pinMask >= 1, pin & pinMask <= 4,
      let kind = tree.cell(at: last &- 2, of: map), let number = tree.cell(at: last &- 1, of: map),
      let flags = tree.cell(at: last, of: map),
      let specifier = InterruptSpecifier(kind: kind, number: number, flags: flags),
      !specifier.isPrivate
    else { return nil }
    return Entry(address: address & addressMask, pin: pin & pinMask, specifier: specifier)
  }

  /// How many cells a controller takes for an address and an interrupt together; nil if there is none
  /// of that phandle, or if these make no sense.
  private static func cells(of phandle: UInt32?, in tree: DeviceTree) -> Int? {
    guard let phandle, let node = tree.node(phandle: phandle),
      let value = tree.property(.interruptCells, of: node),
      let interrupt = tree.cell(at: 0, of: value), interrupt >= 1, interrupt <= 4
    else { return nil }
    var address: UInt32 = 0
    if let value = tree.property(.addressCells, of: node) {
      address = tree.cell(at: 0, of: value) ?? 5
    }
    return address <= 4 ? Int(address &+ interrupt) : nil
  }

  /// Where an interrupt pin leads.
  ///
  /// - Parameters:
  ///   - device: The device number on the root bus: of the function, or of the bridge it is behind.
  ///   - function: The function number there.
  ///   - pin: 1 to 4, INTA to INTD, as it arrives there.
  public func specifier(bus: UInt8, device: UInt8, function: UInt8, pin: UInt8)
    -> InterruptSpecifier?
  {
    let address =
      UInt32(bus) << 16 | UInt32(device & 31) << 11 | UInt32(function & 7) << 8
    for index in 0..<entries.count
    where entries[index].address == address & addressMask
      && entries[index].pin == UInt32(pin) & pinMask
    {
      return entries[index].specifier
    }
    return nil
  }

  /// The pin at which an interrupt arrives on the other side of a bridge.
  ///
  /// - Parameters:
  ///   - pin: 1 to 4, as the device behind the bridge has it.
  ///   - device: The device number behind the bridge.
  /// - Spec: PCI-to-PCI Bridge 1.2 §9.1 "Interrupt Routing"
  public static func swizzled(pin: UInt8, device: UInt8) -> UInt8 {
    ((pin &- 1) &+ device) % 4 &+ 1
  }
}

extension DeviceTree {
  /// The node that others name by this number.
  ///
  /// Takes time linear in the size of the tree.
  func node(phandle: UInt32) -> DeviceTreeNode? {
    var node = root
    while true {
      if let value = property(.phandle, of: node), cell(at: 0, of: value) == phandle { return node }
      guard let next = self.node(after: node) else { return nil }
      node = next
    }
  }
}
