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
  /// The first usable structure of each kind that has registers, in the order of their numbers.
  private var kept = FixedArray<4, RegisterWindow<Access>?>(repeating: nil)
  var common: RegisterWindow<Access>? { kept[0] }
  var notification: RegisterWindow<Access>? { kept[1] }
  private(set) var notificationMultiplier: UInt32 = 0
  var interruptStatus: RegisterWindow<Access>? { kept[2] }
  var device: RegisterWindow<Access>? { kept[3] }
  /// Where the capability lies through which registers can be reached without a BAR.
  private(set) var configurationAccess: UInt8?
  /// The first MSI-X capability, if it makes sense.
  private(set) var messages: MSIX<Access>?
  private(set) var sharedMemory = FixedArray<4, SharedMemoryRegion?>(repeating: nil)
  private var rejected: VirtIOStructure?

  /// `cap_vndr` of every VirtIO capability.
  private static var vendorSpecific: UInt8 { 0x09 }

  /// Walks the capability list of `function`.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.1 "Driver Requirements: Virtio Structure PCI Capabilities"
  init(of function: borrowing PCIFunction<Access>) throws(PCIError) {
    // What is behind the first 256 bytes belongs to other lists, so no capability reaches there.
    let whole = function.configuration
    let configuration = whole.window(at: 0, byteCount: min(whole.byteCount, 256)) ?? whole
    var list = CapabilityList(of: configuration)
    var count = 0
    while let capability = try list.next() {
      if capability.id == MSIX<Access>.capabilityID, messages == nil {
        messages = MSIX(at: capability.offset, in: configuration, of: function)
      }
      guard capability.id == Self.vendorSpecific,
        let part = configuration.window(at: UInt(capability.offset), byteCount: 16)
      else { continue }
      count &+= 1
      let kind = VirtIOStructure.Kind(rawValue: part.read8(at: 3))
      // Of other kinds, nobody knows what their bytes are.
      guard let needed = kind.needs else { continue }
      let structure = VirtIOStructure(
        kind: kind, bar: part.read8(at: 4), offset: part.read32(at: 8),
        byteCount: part.read32(at: 12))
      let isUsable = take(
        structure, needed, id: part.read8(at: 5), part.read8(at: 2), capability.offset,
        configuration, function)
      if !isUsable { rejected = structure }
    }
    if count == 0 { throw .legacyDevice }
    // A table whose entries are registers of the device as well is none.
    if let messages, isTaken(messages.table) { self.messages = nil }
  }

  /// Keeps a structure if it is the first of its kind and lies where it says.
  ///
  /// - Returns: False if it is not usable.
  private mutating func take(
    _ structure: VirtIOStructure, _ needed: VirtIOStructure.Kind.Needs, id: UInt8,
    _ capabilityByteCount: UInt8, _ offset: UInt8, _ configuration: RegisterWindow<Access>,
    _ function: borrowing PCIFunction<Access>
  ) -> Bool {
    guard capabilityByteCount >= needed.capabilityByteCount else { return false }
    // The extra fields of longer capabilities lie behind the common ones.
    let tail = configuration.window(
      at: UInt(offset) &+ 16, byteCount: UInt(needed.capabilityByteCount) &- 16)
    if structure.kind == .configurationAccess {
      if configurationAccess == nil { configurationAccess = offset }
      return true
    }
    guard structure.bar < 6, let bar = function.bars[Int(structure.bar)] else { return false }
    if structure.kind == .sharedMemory {
      guard let tail else { return false }
      return takeSharedMemory(structure, id: id, tail: tail, in: bar)
    }
    guard structure.byteCount >= needed.byteCount,
      structure.offset & (needed.alignment &- 1) == 0,
      let window = bar.window(at: UInt(structure.offset), byteCount: UInt(structure.byteCount))
    else { return false }
    let place = Int(structure.kind.rawValue) &- 1
    if kept[place] != nil { return true }
    if isTaken(window) { return false }
    if structure.kind == .notification {
      guard let tail else { return false }
      notificationMultiplier = tail.read32(at: 0)
    }
    kept[place] = window
    return true
  }

  /// Whether a window shares registers with a structure that was kept: then one write would do two
  /// things.
  @inline(never)
  private mutating func isTaken(_ window: RegisterWindow<Access>) -> Bool {
    for index in kept.indices where window.overlaps(kept[index]) { return true }
    return false
  }

  /// Keeps a shared memory region: offset and length have 64 bits (`struct virtio_pci_cap64`).
  private mutating func takeSharedMemory(
    _ structure: VirtIOStructure, id: UInt8, tail: RegisterWindow<Access>,
    in bar: RegisterWindow<Access>
  ) -> Bool {
    let offset = UInt64(tail.read32(at: 0)) << 32 | UInt64(structure.offset)
    let byteCount = UInt64(tail.read32(at: 4)) << 32 | UInt64(structure.byteCount)
    guard let start = UInt(exactly: offset), let length = UInt(exactly: byteCount),
      bar.window(at: start, byteCount: length) != nil
    else { return false }
    for index in sharedMemory.indices {
      guard let known = sharedMemory[index] else {
        sharedMemory[index] = SharedMemoryRegion(
          id: id, bar: structure.bar, offset: offset, byteCount: byteCount)
        return true
      }
      if known.id == id { return true }
    }
    return true
  }

  /// The error that says that there is no structure of this kind.
  func missing(_ kind: VirtIOStructure.Kind) -> PCIError {
    .structureMissing(kind: kind, rejected: rejected)
  }
}

/// Memory that a device shares, inside one of its BARs.
///
/// - Spec: VirtIO 1.4 §4.1.4.7 "Shared memory capability"
public struct SharedMemoryRegion: Equatable, Sendable {
  /// Which region it is, as the device type defines that.
  public let id: UInt8
  /// Which BAR it lies in.
  public let bar: UInt8
  /// Where in the BAR.
  public let offset: UInt64
  /// How long.
  public let byteCount: UInt64
}

extension VirtIOStructure.Kind {
  fileprivate typealias Needs = (capabilityByteCount: UInt8, byteCount: UInt32, alignment: UInt32)

  /// What a structure needs to be usable: the lengths of its capability and of itself, and how it is
  /// aligned. Nil for kinds that are not used.
  fileprivate var needs: Needs? {
    switch self {
    case .common: (16, 0x38, 4)
    case .notification: (20, 2, 2)
    case .interruptStatus: (16, 1, 1)
    case .device: (16, 1, 4)
    case .configurationAccess: (20, 0, 1)
    case .sharedMemory: (24, 0, 1)
    default: nil
    }
  }
}

extension RegisterWindow {
  /// Whether two windows have a register in common.
  fileprivate func overlaps(_ other: Self?) -> Bool {
    guard let other else { return false }
    let (first, second) = base <= other.base ? (self, other) : (other, self)
    return second.base &- first.base < first.byteCount
  }
}
