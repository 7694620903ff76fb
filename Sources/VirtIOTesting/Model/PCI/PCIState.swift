/// The configuration space of the function: what it holds and which bits of it can be written.
///
/// - Spec: VirtIO 1.4 §4.1.2 "PCI Device Discovery", §4.1.4 "Virtio Structure PCI Capabilities"
struct PCIState {
  /// A structure of the device in BAR 4.
  struct Window {
    let structure: ModelRegister.Structure
    let range: ModelRange
  }

  static let byteCount = 4096
  /// BAR 1 has the MSI-X table and its pending bits.
  static let msixBAR = 1
  static let msixBARByteCount: UInt64 = 1 << 16
  static let pendingOffset: UInt64 = 0x8000
  /// BAR 4 and 5 are one BAR with 64 bits; it has the structures.
  static let structureBAR = 4
  static let structureBARByteCount: UInt64 = 1 << 16

  private(set) var bytes = [UInt8](repeating: 0, count: byteCount)
  private var writable = [UInt8](repeating: 0, count: byteCount)
  /// Where virtio capabilities lie, all but the window.
  private(set) var capabilities: [Range<Int>] = []
  /// Where the capability with the window lies.
  private(set) var windowOffset = 0
  /// Where the MSI-X capability lies; nil if there is none.
  private(set) var msixOffset: Int?
  let windows: [Window]
  private var nextCapability = 0x40
  private var lastLink = 0x34

  init(_ configuration: ModelConfiguration) {
    let deviceByteCount: UInt64 = configuration.offeredFeatures & 1 << 5 == 0 ? 16 : 20
    windows = [
      Window(structure: .common, range: ModelRange(start: 0, byteCount: 0x40)),
      Window(structure: .interruptStatus, range: ModelRange(start: 0x1000, byteCount: 4)),
      Window(structure: .device, range: ModelRange(start: 0x2000, byteCount: deviceByteCount)),
      Window(structure: .notification, range: ModelRange(start: 0x3000, byteCount: 0x1000)),
    ]
    put(0x1af4, 2, at: 0x00)
    put(0x1050, 2, at: 0x02)
    put(0x10, 2, at: 0x06)
    put(0x01, 1, at: 0x08)
    put(0x0380, 2, at: 0x0a)
    put(0x1af4, 2, at: 0x2c)
    put(0x1100, 2, at: 0x2e)
    put(0x01, 1, at: 0x3d)
    allow(0x0407, 2, at: 0x04)
    allow(0xff, 1, at: 0x3c)
    allow(~(Self.msixBARByteCount - 1) & 0xffff_ffff, 4, at: 0x14)
    // 64 bits, prefetchable.
    put(0x0c, 4, at: 0x20)
    allow(~(Self.structureBARByteCount - 1), 8, at: 0x20)
    addCapabilities(configuration)
  }

  private mutating func addCapabilities(_ configuration: ModelConfiguration) {
    for capability in configuration.leadingCapabilities {
      // There must be room for our own, which come to less than 128 bytes.
      guard capability.count >= 2, nextCapability + capability.count <= 0x80 else { continue }
      link(capability)
    }
    for (kind, window) in zip([UInt8(1), 3, 4, 2], windows) {
      var tail: [UInt8] = []
      if kind == 2 { tail = Self.bytes(UInt64(configuration.notifyMultiplier), 4) }
      link(Self.capability(kind, window.range, tail: tail))
    }
    windowOffset = nextCapability
    link(Self.capability(5, ModelRange(start: 0, byteCount: 0), tail: [0, 0, 0, 0]))
    capabilities.removeLast()
    // bar, offset, length and data of the window.
    allow(0xff, 1, at: windowOffset + 4)
    allow(.max, 8, at: windowOffset + 8)
    allow(0xffff_ffff, 4, at: windowOffset + 16)
    guard configuration.vectorCount > 0 else { return }
    msixOffset = nextCapability
    let last = UInt64(min(configuration.vectorCount, 2048) - 1)
    link(
      [0x11, 0] + Self.bytes(last, 2) + Self.bytes(UInt64(Self.msixBAR), 4)
        + Self.bytes(Self.pendingOffset | UInt64(Self.msixBAR), 4))
    allow(0xc000, 2, at: nextCapability - 10)
  }

  private static func bytes(_ value: UInt64, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func capability(_ kind: UInt8, _ range: ModelRange, tail: [UInt8]) -> [UInt8] {
    [0x09, 0, UInt8(16 + tail.count), kind, UInt8(structureBAR), 0, 0, 0]
      + bytes(range.start, 4) + bytes(range.byteCount, 4) + tail
  }

  private mutating func link(_ capability: [UInt8]) {
    put(UInt64(nextCapability), 1, at: lastLink)
    lastLink = nextCapability + 1
    for (index, byte) in capability.enumerated() where index != 1 {
      bytes[nextCapability + index] = byte
    }
    if capability[0] == 0x09 {
      capabilities.append(nextCapability..<nextCapability + capability.count)
    }
    nextCapability = (nextCapability + capability.count + 3) & ~3
  }

  /// A number in configuration space; bytes outside read as ones.
  func value(at offset: Int, _ width: Int) -> UInt64 {
    (0..<width).reduce(0) { sum, index in
      let byte = bytes.indices.contains(offset + index) ? bytes[offset + index] : 0xff
      return sum | UInt64(byte) << (8 * index)
    }
  }

  /// Sets what the driver reads.
  mutating func put(_ value: UInt64, _ width: Int, at offset: Int) {
    for (index, byte) in Self.bytes(value, width).enumerated() { bytes[offset + index] = byte }
  }

  private mutating func allow(_ mask: UInt64, _ width: Int, at offset: Int) {
    for (index, byte) in Self.bytes(mask, width).enumerated() { writable[offset + index] = byte }
  }

  /// Writes the bits that can be written.
  mutating func write(_ value: UInt64, _ width: Int, at offset: Int) {
    for (index, byte) in Self.bytes(value, width).enumerated()
    where bytes.indices.contains(offset + index) {
      let mask = writable[offset + index]
      bytes[offset + index] = bytes[offset + index] & ~mask | byte & mask
    }
  }

  // MARK: Registers

  private var command: UInt64 { value(at: 0x04, 2) }
  /// Whether the BARs are decoded.
  var decodesMemory: Bool { command & 2 != 0 }
  /// Whether the device may reach memory.
  var isBusMaster: Bool { command & 4 != 0 }
  /// Whether the function keeps its wire quiet.
  var wireIsDisabled: Bool { command & 0x400 != 0 }
  /// Whether interrupts are messages.
  var msixIsEnabled: Bool { msixControl & 0x8000 != 0 }
  /// Whether no message is sent at all.
  var msixIsMasked: Bool { msixControl & 0x4000 != 0 }
  private var msixControl: UInt64 { msixOffset.map { value(at: $0 + 2, 2) } ?? 0 }

  /// Where a BAR is set to.
  func bar(_ index: Int) -> ModelRange {
    index == Self.msixBAR
      ? ModelRange(start: value(at: 0x14, 4) & ~0xf, byteCount: Self.msixBARByteCount)
      : ModelRange(start: value(at: 0x20, 8) & ~0xf, byteCount: Self.structureBARByteCount)
  }
}
