/// A node compatible with `pci-host-ecam-generic`: a PCI host bridge whose configuration space is
/// memory.
///
/// - Spec: PCI Bus Binding to IEEE 1275 2.1 §4 "PCI Host Bridge Nodes"; Devicetree 0.4 §2.3.8 "ranges"
public struct PCIHostBridgeNode: BitwiseCopyable, Sendable {
  /// The node itself, to read what is not kept here.
  public internal(set) var node: DeviceTreeNode

  /// The enhanced configuration space.
  ///
  /// Its first byte belongs to ``firstBus``, function 0.0.
  public internal(set) var configuration = AddressRange()

  /// The number of the root bus.
  public internal(set) var firstBus: UInt8 = 0

  /// The greatest bus number that the node allows and the configuration space holds.
  public internal(set) var lastBus: UInt8 = 0

  /// Whether devices behind the bridge see the caches: `dma-coherent` here or on a parent.
  public internal(set) var isDMACoherent = false

  /// The value of `interrupt-map`, which may not be present.
  public internal(set) var interruptMap = DeviceTreeValue.none

  /// The value of `interrupt-map-mask`, which may not be present.
  public internal(set) var interruptMapMask = DeviceTreeValue.none

  /// The windows from memory to the bus, in the tree's order.
  public internal(set) var windows = BoundedList<8, PCIWindow>(filledWith: PCIWindow())

  init(_ node: DeviceTreeNode) {
    self.node = node
  }
}

/// A window through which a processor reaches an address space of a PCI bus: one entry of
/// `ranges`.
public struct PCIWindow: BitwiseCopyable, Equatable, Sendable {
  /// An address space of PCI, by the code that the binding gives it in `phys.hi`.
  public struct Space: RawRepresentable, BitwiseCopyable, Equatable, Sendable {
    /// The code: two bits.
    public let rawValue: UInt8

    /// Makes a space of its code.
    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// Configuration space, which no window leads to.
    public static var configuration: Self { Self(rawValue: 0) }

    /// I/O space.
    public static var io: Self { Self(rawValue: 1) }

    /// Memory below 4 GiB on the bus.
    public static var memory32: Self { Self(rawValue: 2) }

    /// Memory anywhere on the bus.
    public static var memory64: Self { Self(rawValue: 3) }
  }

  /// The address space.
  public internal(set) var space = Space.configuration

  /// Whether the window is prefetchable.
  public internal(set) var isPrefetchable = false

  /// The first address as the bus sees it: what goes into base address registers.
  public internal(set) var busAddress: UInt64 = 0

  /// The physical address at which the processor reaches ``busAddress``.
  public internal(set) var address: UInt64 = 0

  /// How many bytes the window has.
  public internal(set) var byteCount: UInt64 = 0
}
