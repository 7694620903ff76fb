import VirtIO

/// The tables that a translation service wants: of devices, and of collections.
struct ITSTables<Access: RegisterAccess> {
  private let registers: RegisterWindow<Access>
  private let deviceBits: UInt64
  /// How many devices there is room for.
  private(set) var deviceCount: UInt64 = 0

  init(_ registers: RegisterWindow<Access>, kind: UInt64) {
    self.registers = registers
    // The numbers of PCI functions have 16 bits.
    deviceBits = min((kind >> 13 & 31) &+ 1, 16)
  }

  /// Gives it memory for both.
  mutating func place(_ allocate: (Int, Int) -> RegisterWindow<Access>?) throws(InterruptError) {
    for index: UInt in 0..<8 {
      let offset = 0x100 &+ 8 &* index
      let wanted = registers.read64(at: offset)
      let entryByteCount = (wanted >> 48 & 31) &+ 1
      switch wanted >> 56 & 7 {
      case 1:
        let byteCount = try place(entryByteCount << deviceBits, at: offset, wanted, allocate)
        deviceCount = min(byteCount / entryByteCount, 1 << deviceBits)
      case 4: _ = try place(entryByteCount, at: offset, wanted, allocate)
      default: continue
      }
    }
    guard deviceCount > 0 else { throw .tableRefused(.translationService) }
  }

  /// Gives it memory for one; at most 256 pages.
  ///
  /// - Returns: How much.
  private func place(
    _ byteCount: UInt64, at offset: UInt, _ wanted: UInt64,
    _ allocate: (Int, Int) -> RegisterWindow<Access>?
  ) throws(InterruptError) -> UInt64 {
    let fixed = wanted & (7 << 56 | 31 << 48)
    // Pages of 4 KiB, if it can have them.
    registers.write64(fixed, at: offset)
    let pageBits: UInt64 =
      switch registers.read64(at: offset) >> 8 & 3 {
      case 0: 12
      case 1: 14
      default: 16
      }
    let pageCount = min(max((byteCount &+ (1 << pageBits) &- 1) >> pageBits, 1), 256)
    let granted = pageCount << pageBits
    guard let memory = allocate(Int(granted), 0x1_0000) else {
      throw .noMemory(byteCount: Int(granted))
    }
    let pageCode: UInt64 = pageBits == 12 ? 0 : pageBits == 14 ? 1 : 2
    let value =
      1 << 63 | 7 << 59 | fixed | UInt64(memory.base) & 0xffff_ffff_f000 | 1 << 10
      | pageCode << 8 | (pageCount &- 1)
    registers.write64(value, at: offset)
    let found = registers.read64(at: offset)
    let meaning: UInt64 = 1 << 63 | 0xffff_ffff_f3ff
    guard found & meaning == value & meaning else { throw .tableRefused(.translationService) }
    return granted
  }
}

extension RegisterWindow {
  /// Reads a 64-bit register as two 32-bit ones.
  func read64(at offset: UInt) -> UInt64 {
    UInt64(read32(at: offset)) | UInt64(read32(at: offset &+ 4)) << 32
  }
}
