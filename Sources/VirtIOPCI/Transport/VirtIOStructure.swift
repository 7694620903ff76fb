import VirtIO

/// A VirtIO capability: where in which BAR a structure of the device lies.
///
/// - Spec: VirtIO 1.4 §4.1.4 "Virtio Structure PCI Capabilities" (`struct virtio_pci_cap`)
public struct VirtIOStructure: Equatable, Sendable {
  /// Which structure (`cfg_type`).
  public let kind: Kind
  /// Which BAR.
  public let bar: UInt8
  /// Where in the BAR.
  public let offset: UInt32
  /// How long.
  public let byteCount: UInt32

  /// Which structure a capability describes. What is not named here is reserved, and skipped.
  public struct Kind: RawRepresentable, Hashable, Sendable {
    /// `cfg_type`.
    public let rawValue: UInt8

    /// The kind `rawValue`.
    public init(rawValue: UInt8) {
      self.rawValue = rawValue
    }

    /// `VIRTIO_PCI_CAP_COMMON_CFG`.
    public static var common: Self { Self(rawValue: 1) }
    /// `VIRTIO_PCI_CAP_NOTIFY_CFG`.
    public static var notification: Self { Self(rawValue: 2) }
    /// `VIRTIO_PCI_CAP_ISR_CFG`.
    public static var interruptStatus: Self { Self(rawValue: 3) }
    /// `VIRTIO_PCI_CAP_DEVICE_CFG`.
    public static var device: Self { Self(rawValue: 4) }
    /// `VIRTIO_PCI_CAP_PCI_CFG`.
    public static var configurationAccess: Self { Self(rawValue: 5) }
    /// `VIRTIO_PCI_CAP_SHARED_MEMORY_CFG`.
    public static var sharedMemory: Self { Self(rawValue: 8) }
    /// `VIRTIO_PCI_CAP_VENDOR_CFG`.
    public static var vendor: Self { Self(rawValue: 9) }
  }
}

/// The first usable structure of each kind that a function has.
struct VirtIOStructures<Access: RegisterAccess> {
  private(set) var common: RegisterWindow<Access>?
  private(set) var notification: RegisterWindow<Access>?
  private(set) var notificationMultiplier: UInt32 = 0
  private(set) var interruptStatus: RegisterWindow<Access>?
  private(set) var device: RegisterWindow<Access>?
  private var rejected: VirtIOStructure?

  /// `cap_vndr` of every VirtIO capability.
  private static var vendorSpecific: UInt8 { 0x09 }

  /// Walks the capability list of `function`.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.1 "Driver Requirements: Virtio Structure PCI Capabilities"
  init(of function: borrowing PCIFunction<Access>) throws(PCIError) {
    let configuration = function.configuration
    var list = CapabilityList(of: configuration)
    var count = 0
    while let capability = try list.next() {
      guard capability.id == Self.vendorSpecific,
        let part = configuration.window(at: UInt(capability.offset), byteCount: 16)
      else { continue }
      count &+= 1
      let structure = VirtIOStructure(
        kind: VirtIOStructure.Kind(rawValue: part.read8(at: 3)), bar: part.read8(at: 4),
        offset: part.read32(at: 8), byteCount: part.read32(at: 12))
      take(structure, capabilityByteCount: part.read8(at: 2), at: capability.offset, of: function)
    }
    if count == 0 { throw .legacyDevice }
  }

  private mutating func take(
    _ structure: VirtIOStructure, capabilityByteCount: UInt8, at offset: UInt8,
    of function: borrowing PCIFunction<Access>
  ) {
    let needed: UInt32
    switch structure.kind {
    case .common: needed = CommonConfiguration<Access>.byteCount
    case .notification: needed = 2
    case .interruptStatus, .device: needed = 1
    default: return
    }
    guard structure.bar < 6, structure.byteCount >= needed, structure.offset & 3 == 0,
      let window = function.bars[Int(structure.bar)]?.window(
        at: UInt(structure.offset), byteCount: UInt(structure.byteCount))
    else {
      rejected = structure
      return
    }
    switch structure.kind {
    case .common:
      if common == nil { common = window }
    case .interruptStatus:
      if interruptStatus == nil { interruptStatus = window }
    case .device:
      if device == nil { device = window }
    default:
      // `struct virtio_pci_notify_cap` is 4 bytes longer than the others.
      guard notification == nil, capabilityByteCount >= 20,
        let tail = function.configuration.window(at: UInt(offset) &+ 16, byteCount: 4)
      else {
        if notification == nil { rejected = structure }
        return
      }
      notificationMultiplier = tail.read32(at: 0)
      notification = window
    }
  }

  /// The error that says that there is no structure of this kind.
  func missing(_ kind: VirtIOStructure.Kind) -> PCIError {
    .structureMissing(kind: kind, rejected: rejected)
  }
}
