import KernelInterrupts
import VirtIO

/// A GIC as a register model: lines are enabled, raised, taken by priority and ended. Version 2 with its
/// CPU interface, or version 3 with one redistributor a CPU and system registers.
final class GICModel: GICProcessor, @unchecked Sendable {
  let registers = RegisterFile()
  static let distributor: UInt = 0x800_0000
  static let cpu: UInt = 0x801_0000
  static let redistributors: UInt = 0x80a_0000

  private let version: UInt32
  private let lineCount: UInt32
  let affinity: UInt32
  private(set) var pending: Set<UInt32> = []
  private(set) var enabled: Set<UInt32> = []
  private(set) var active: [UInt32] = []
  private(set) var ended: [UInt32] = []
  /// Lines that are raised, and stay so.
  var raised: Set<UInt32> = []

  init(version: UInt32, lineCount: UInt32 = 96, affinity: UInt32 = 0, cpuCount: UInt32 = 4) {
    self.version = version
    self.lineCount = lineCount
    self.affinity = affinity
    registers.set(UInt64(lineCount / 32 - 1) | 15 << 19, at: Self.distributor + 4, byteCount: 4)
    if version == 2 {
      registers.set(0x2b, at: Self.distributor + 0xfe8, byteCount: 4)
      registers.set(0x0202_143b, at: Self.cpu + 0xfc, byteCount: 4)
      registers.set(1, at: Self.distributor + 0x800, byteCount: 1)
    } else {
      registers.set(0x3b, at: Self.distributor + 0xffe8, byteCount: 4)
      for cpu in 0..<cpuCount { makeRedistributor(cpu, isLast: cpu == cpuCount - 1) }
    }
    registers.onRead = { [unowned self] in read($0) }
    registers.onWrite = { [unowned self] address, value, _ in written(address, value) }
  }

  private func makeRedistributor(_ cpu: UInt32, isLast: Bool) {
    let base = Self.redistributors + UInt(cpu) * 0x2_0000
    registers.set(0x3b, at: base + 0xffe8, byteCount: 4)
    let last: UInt64 = isLast ? 1 << 4 : 0
    registers.set(UInt64(cpu) << 32 | UInt64(cpu) << 8 | last | 1, at: base + 8, byteCount: 8)
    registers.set(6, at: base + 0x14, byteCount: 4)
  }

  private var privateLines: UInt { Self.redistributors + UInt(affinity) * 0x2_0000 + 0x1_0000 }

  func window(_ base: UInt, _ byteCount: UInt = 0x1_0000) -> RegisterWindow<RegisterFile> {
    guard let window = RegisterWindow(registers, base: base, byteCount: byteCount) else {
      preconditionFailure("a window of no bytes")
    }
    return window
  }

  var redistributorRegion: RegisterWindow<RegisterFile> { window(Self.redistributors, 0x8_0000) }

  // MARK: Registers

  private func read(_ address: UInt) -> UInt32? {
    if address == Self.cpu + 0x0c { return acknowledge() }
    return nil
  }

  private func written(_ address: UInt, _ value: UInt64) {
    let value = UInt32(truncatingIfNeeded: value)
    if version == 2, address == Self.cpu + 0x10 { return end(value) }
    if version == 3, address == privateLines - 0x1_0000 + 0x14 {
      // Awake: the children follow.
      return registers.set(UInt64(value & ~4), at: address, byteCount: 4)
    }
    for base in [Self.distributor, privateLines] {
      guard address >= base + 0x100, address < base + 0x300 else { continue }
      let offset = UInt32(address - base)
      let first = offset % 0x80 / 4 * 32
      let lines = (0..<32).filter { value >> $0 & 1 == 1 }.map { first + UInt32($0) }
      switch offset & ~0x7f {
      case 0x100: enabled.formUnion(lines)
      case 0x180: enabled.subtract(lines)
      case 0x200: pending.formUnion(lines)
      default: pending.subtract(lines)
      }
    }
  }

  // MARK: The CPU's side

  private(set) var isOn = false
  var isOffAbove = false
  func enable() -> Bool {
    isOn = !isOffAbove
    return isOn
  }
  func synchronize() {}

  func acknowledge() -> UInt32 {
    let ready = pending.union(raised).intersection(enabled).subtracting(active)
    let best = ready.min {
      (priority($0), $0) < (priority($1), $1)
    }
    guard let best else { return 1023 }
    pending.remove(best)
    active.append(best)
    return best
  }

  private func priority(_ line: UInt32) -> UInt8 {
    let base = version == 3 && line < 32 ? privateLines : Self.distributor
    return UInt8(registers.number(at: base + 0x400 + UInt(line), byteCount: 1))
  }

  func end(_ interrupt: UInt32) {
    active.removeAll { $0 == interrupt }
    ended.append(interrupt)
  }

  func raise(_ line: UInt32) { pending.insert(line) }

  var isEdge: (UInt32) -> Bool {
    { [self] line in
      let base = version == 3 && line < 32 ? privateLines : Self.distributor
      let bits = registers.number(at: base + 0xc00 + UInt(line / 16) * 4, byteCount: 4)
      return bits >> UInt64(line % 16 * 2 + 1) & 1 == 1
    }
  }
}
