/// A PCI function: configuration space of which only some bits can be written.
final class FakeFunction: @unchecked Sendable {
  private(set) var bytes = [UInt8](repeating: 0, count: 4096)
  private var writable = [UInt8](repeating: 0, count: 4096)
  /// The BARs with the number of their first register.
  private(set) var bars: [(register: Int, bar: FakeBAR)] = []
  /// What is behind it, by device times 8 plus function; nil if it is no bridge.
  var children: [UInt8: FakeFunction]?
  /// Whether it answers for the functions beside it too, as careless devices do.
  var answersForAllFunctions = false

  private var lastCapability = 0x34
  private var nextCapability = 0x40

  init(
    vendorID: UInt16 = 0x1af4, deviceID: UInt16 = 0x1050, headerType: UInt8 = 0,
    isMultiFunction: Bool = false, bars: [FakeBAR] = []
  ) {
    set16(vendorID, at: 0)
    set16(deviceID, at: 2)
    set8(headerType | (isMultiFunction ? 0x80 : 0), at: 0x0e)
    allow(0x0547, at: 4, width: 2)
    var register = 0
    for bar in bars {
      add(bar, at: register)
      register += bar.is64Bit ? 2 : 1
    }
  }

  /// A bridge with closed windows and no bus numbers.
  convenience init(
    bridgeTo children: [UInt8: FakeFunction], prefetchable64: Bool = true,
    isMultiFunction: Bool = false, bars: [FakeBAR] = []
  ) {
    self.init(
      vendorID: 0x1b36, deviceID: 0x000c, headerType: 1, isMultiFunction: isMultiFunction,
      bars: bars)
    self.children = children
    allow(0xffff_ffff, at: 0x18, width: 4)
    allow(0xf0f0, at: 0x1c, width: 2)
    set16(0x0101, at: 0x1c)
    allow(0xfff0_fff0, at: 0x20, width: 4)
    allow(0xfff0_fff0, at: 0x24, width: 4)
    allow(0xffff_ffff, at: 0x30, width: 4)
    if prefetchable64 {
      set32(0x0001_0001, at: 0x24)
      allow(0xffff_ffff, at: 0x28, width: 4)
      allow(0xffff_ffff, at: 0x2c, width: 4)
    }
    write(0x0000_fff0, at: 0x20, width: 4)
    write(0x0000_fff0, at: 0x24, width: 4)
    write(0x00f0, at: 0x1c, width: 2)
  }

  var isBridge: Bool { children != nil }

  // MARK: The bus side

  func read(at offset: Int, width: Int) -> UInt32 {
    var value: UInt32 = 0
    for index in 0..<width { value |= UInt32(bytes[offset + index]) << UInt32(8 * index) }
    return value
  }

  func write(_ value: UInt32, at offset: Int, width: Int) {
    for index in 0..<width {
      let mask = writable[offset + index]
      let byte = UInt8(truncatingIfNeeded: value >> (8 * index))
      bytes[offset + index] = bytes[offset + index] & ~mask | byte & mask
    }
  }

  // MARK: How it is built

  /// Sets bits whether the driver can or not.
  func set8(_ value: UInt8, at offset: Int) { bytes[offset] = value }

  func set16(_ value: UInt16, at offset: Int) {
    for index in 0..<2 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  func set32(_ value: UInt32, at offset: Int) {
    for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index)) }
  }

  /// Lets the driver write the bits of `mask`.
  func allow(_ mask: UInt32, at offset: Int, width: Int) {
    for index in 0..<width {
      writable[offset + index] = UInt8(truncatingIfNeeded: mask >> (8 * index))
    }
  }

  private func add(_ bar: FakeBAR, at register: Int) {
    bars.append((register, bar))
    let offset = 0x10 + 4 * register
    set32(bar.flags, at: offset)
    allow(UInt32(truncatingIfNeeded: bar.mask), at: offset, width: 4)
    if bar.is64Bit {
      allow(UInt32(truncatingIfNeeded: bar.mask >> 32), at: offset + 4, width: 4)
    }
  }

  /// Appends a capability to the list.
  ///
  /// - Returns: Where it lies.
  @discardableResult
  func addCapability(_ content: [UInt8], id: UInt8 = 9, at offset: Int? = nil) -> Int {
    let offset = offset ?? nextCapability
    set16(read16(at: 6) | 1 << 4, at: 6)
    set8(UInt8(offset), at: lastCapability)
    set8(id, at: offset)
    set8(0, at: offset + 1)
    for (index, byte) in content.enumerated() { set8(byte, at: offset + 2 + index) }
    lastCapability = offset + 1
    nextCapability = (offset + 2 + content.count + 3) & ~3
    return offset
  }

  /// Appends a VirtIO capability to the list.
  @discardableResult
  func addVirtIO(
    _ kind: UInt8, bar: UInt8 = 4, offset: UInt32, byteCount: UInt32, length: UInt8? = nil,
    multiplier: UInt32? = nil
  ) -> Int {
    var content: [UInt8] = [length ?? (multiplier == nil ? 16 : 20), kind, bar, 0, 0, 0]
    for word in [offset, byteCount] + (multiplier.map { [$0] } ?? []) {
      for shift in [0, 8, 16, 24] { content.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return addCapability(content)
  }

  /// Appends an MSI-X capability to the list.
  ///
  /// - Returns: Where it lies.
  @discardableResult
  func addMSIX(vectorCount: Int, bar: UInt32 = 4, offset: UInt32 = 0x1800) -> Int {
    let size = UInt16(vectorCount - 1)
    var content: [UInt8] = [UInt8(truncatingIfNeeded: size), UInt8(size >> 8)]
    for word in [offset | bar, 0x4000 | bar] {
      for shift in [0, 8, 16, 24] { content.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    let place = addCapability(content, id: 0x11)
    allow(0xc000, at: place + 2, width: 2)
    return place
  }

  // MARK: What the driver has made of it

  func read16(at offset: Int) -> UInt16 { UInt16(read(at: offset, width: 2)) }
  func read32(at offset: Int) -> UInt32 { read(at: offset, width: 4) }

  var command: UInt16 {
    get { read16(at: 4) }
    set { set16(newValue, at: 4) }
  }

  var primaryBus: UInt8 { bytes[0x18] }
  var secondaryBus: UInt8 { bytes[0x19] }
  var subordinateBus: UInt8 { bytes[0x1a] }

  func setBuses(_ primary: UInt8, _ secondary: UInt8, _ subordinate: UInt8) {
    bytes[0x18] = primary
    bytes[0x19] = secondary
    bytes[0x1a] = subordinate
  }

  /// The address in a BAR, by its place in ``bars``.
  func address(of index: Int) -> UInt64 {
    let (register, bar) = bars[index]
    let low = UInt64(read32(at: 0x10 + 4 * register))
    if !bar.isMemory { return low & ~3 }
    return low & ~0xf | (bar.is64Bit ? UInt64(read32(at: 0x14 + 4 * register)) << 32 : 0)
  }

  /// Sets a BAR as firmware does.
  func place(_ index: Int, at address: UInt64) {
    let (register, bar) = bars[index]
    write(UInt32(truncatingIfNeeded: address), at: 0x10 + 4 * register, width: 4)
    if bar.is64Bit {
      write(UInt32(truncatingIfNeeded: address >> 32), at: 0x14 + 4 * register, width: 4)
    }
  }

  /// What BAR `index` covers; nil if it has no address.
  func range(of index: Int) -> Range<UInt64>? {
    let address = address(of: index)
    let end = address.addingReportingOverflow(bars[index].bar.size)
    return address == 0 ? nil : address..<(end.overflow ? .max : end.partialValue)
  }

  // The windows of a bridge, read without the driver's own code; nil if closed.

  var memoryWindow: Range<UInt64>? {
    let first = UInt64(read16(at: 0x20) & 0xfff0) << 16
    let end = (UInt64(read16(at: 0x22) & 0xfff0) << 16) + 0x10_0000
    return first < end ? first..<end : nil
  }

  var prefetchableWindow: Range<UInt64>? {
    var first = UInt64(read16(at: 0x24) & 0xfff0) << 16
    var last = UInt64(read16(at: 0x26) & 0xfff0) << 16 | 0xf_ffff
    if read16(at: 0x24) & 0xf == 1 {
      first |= UInt64(read32(at: 0x28)) << 32
      last |= UInt64(read32(at: 0x2c)) << 32
    }
    return first < last ? first..<(last + 1) : nil
  }

  var ioWindow: Range<UInt64>? {
    let first = UInt64(bytes[0x1c] & 0xf0) << 8 | UInt64(read16(at: 0x30)) << 16
    let last = UInt64(bytes[0x1d] & 0xf0) << 8 | 0xfff | UInt64(read16(at: 0x32)) << 16
    return first < last ? first..<(last + 1) : nil
  }

  /// Opens the memory window as firmware does.
  func openMemory(_ range: Range<UInt64>) {
    set16(UInt16(truncatingIfNeeded: range.lowerBound >> 16), at: 0x20)
    set16(UInt16(truncatingIfNeeded: (range.upperBound - 1) >> 16) & 0xfff0, at: 0x22)
  }
}
