/// What a kernel needs to know of a machine before it has any driver, read from a ``DeviceTree``.
///
/// Nodes are used only if they, and those they lie in, have no `status` or one of `okay` or `ok`.
public struct MachineDescription: Sendable {
  /// The banks of RAM, in the tree's order.
  public internal(set) var memory = BoundedList<32, AddressRange>(filledWith: AddressRange())

  /// What must not be used of it: the reservation block, then the children of `/reserved-memory`
  /// that state a place.
  ///
  /// They may overlap each other and lie outside RAM.
  public internal(set) var reservations = BoundedList<32, AddressRange>(filledWith: AddressRange())

  /// Those of the reservations that must not be mapped as memory either, as not even a speculative
  /// access may reach them.
  ///
  /// - Spec: Devicetree 0.4 §3.5.2 "/reserved-memory/ child nodes", `no-map`
  public internal(set) var unmappedReservations = BoundedList<32, AddressRange>(
    filledWith: AddressRange())

  /// The serial ports, in the tree's order.
  public internal(set) var uarts = BoundedList<4, UARTNode>(filledWith: UARTNode())

  /// The serial port that `/chosen/stdout-path` names if it is a PL011, else the first one.
  public var uart: UARTNode? { uarts.count > 0 ? uarts[consoleIndex] : nil }

  var consoleIndex = 0

  /// How to call the firmware's power state interface, if there is one.
  public internal(set) var psci: PSCIConduit?

  /// The PCI host bridges.
  public internal(set) var pciHosts = BoundedList<2, PCIHostBridgeNode>(
    filledWith: PCIHostBridgeNode(DeviceTreeNode(offset: 0, depth: 0)))

  /// The value of `/chosen/bootargs`, which is not present if there is none.
  public internal(set) var bootArguments = DeviceTreeValue.none

  /// Makes a description of nothing.
  public init() {}

  /// Adds what `tree` states.
  ///
  /// An unusable node does not hide the others: the rest is read, then the first error is thrown,
  /// and everything else can be used, the UART for the panic line above all.
  ///
  /// Takes time linear in the size of the tree.
  ///
  /// - Throws: `badCellCount`, `badValue`, `untranslatable`; without these, `noMemory` if there is
  ///   no RAM. A machine without PCI is not an error here.
  public mutating func read(_ tree: DeviceTree) throws(DeviceTreeError) {
    var index = 0
    while let range = tree.reservation(at: index) {
      reservations.append(range)
      index &+= 1
    }
    var reader = MachineReader(tree)
    try reader.read(into: &self)
    guard memory.count > 0 else { throw .noMemory }
  }
}

/// A serial port of the kind PL011.
public struct UARTNode: BitwiseCopyable, Equatable, Sendable {
  /// The node itself.
  public internal(set) var node = DeviceTreeNode(offset: 0, depth: 0)

  /// Its registers.
  public internal(set) var registers = AddressRange()
}

/// The instruction that calls the firmware's power state interface.
///
/// - Spec: Arm Power State Coordination Interface (DEN0022) §5.2.1 "Conduits"
public enum PSCIConduit: Sendable {
  /// A call to the hypervisor.
  case hvc
  /// A call to the secure monitor.
  case smc
}
