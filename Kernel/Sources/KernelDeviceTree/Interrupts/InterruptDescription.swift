/// What a kernel needs to know of a machine's interrupts, read from a ``DeviceTree``.
///
/// Apart from ``MachineDescription``, as a kernel that polls needs none of it. What is missing or makes
/// no sense is left out; nothing here is an error.
public struct InterruptDescription: Sendable {
  /// The first interrupt controller that is a GIC.
  public internal(set) var controller: InterruptControllerNode?

  /// The GICv2m frames.
  public internal(set) var messageFrames = BoundedList<4, MessageControllerNode>(
    filledWith: MessageControllerNode())

  /// The translation services (ITS).
  public internal(set) var translationServices = BoundedList<4, MessageControllerNode>(
    filledWith: MessageControllerNode())

  /// The PCI host bridges, in the order that ``MachineDescription/pciHosts`` has.
  public internal(set) var pciHosts = BoundedList<2, DeviceTreeNode>(
    filledWith: DeviceTreeNode(offset: 0, depth: 0))

  /// The interrupt of the virtual timer.
  public internal(set) var timer: InterruptSpecifier?

  /// Reads what `tree` states.
  ///
  /// Takes time linear in the size of the tree, for each of a few properties of each node.
  public init(_ tree: DeviceTree) {
    var walk = InterruptWalk(tree)
    walk.read(into: &self)
  }
}

/// An interrupt controller: a GIC.
///
/// - Spec: Linux `Documentation/devicetree/bindings/interrupt-controller/arm,gic.yaml` and
///   `arm,gic-v3.yaml`
public struct InterruptControllerNode: BitwiseCopyable, Sendable {
  /// Which version.
  public enum Version: BitwiseCopyable, Sendable {
    /// Version 1 or 2: the distributor, then the CPU interface.
    case v2
    /// Version 3 or 4: the distributor, then the redistributors.
    case v3
  }

  /// Which version it is said to be.
  public internal(set) var version: Version

  /// By what others name it; 0 if they cannot.
  public internal(set) var phandle: UInt32 = 0

  /// Its registers, in the tree's order.
  public internal(set) var registers = BoundedList<8, AddressRange>(filledWith: AddressRange())

  /// How many of them, after the first, hold redistributors.
  public internal(set) var redistributorRegionCount = 1

  /// How far apart redistributors are, if that is stated.
  public internal(set) var redistributorStride: UInt64?
}

/// What turns messages of devices into interrupts.
public struct MessageControllerNode: BitwiseCopyable, Sendable {
  /// By what others name it; 0 if they cannot.
  public internal(set) var phandle: UInt32 = 0
  /// Its registers.
  public internal(set) var registers = AddressRange()
  /// `arm,msi-base-spi`: the first of its lines, if that is stated.
  public internal(set) var firstLine: UInt32?
  /// `arm,msi-num-spis`: how many there are, if that is stated.
  public internal(set) var lineCount: UInt32?
}

/// An interrupt, as the tree names it to a GIC.
public struct InterruptSpecifier: BitwiseCopyable, Equatable, Sendable {
  /// Whether each CPU has its own.
  public internal(set) var isPrivate = false
  /// Its number among those of its kind.
  public internal(set) var number: UInt32 = 0
  /// Whether it is raised for a moment only.
  public internal(set) var isEdge = false

  /// An interrupt of three cells; nil if no GIC has it.
  init?(kind: UInt32, number: UInt32, flags: UInt32) {
    guard kind < 2, number < (kind == 1 ? 16 : 988) else { return nil }
    switch flags & 15 {
    case 1, 2: isEdge = true
    case 4, 8: isEdge = false
    default: return nil
    }
    isPrivate = kind == 1
    self.number = number
  }
}
