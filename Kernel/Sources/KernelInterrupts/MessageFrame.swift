public import VirtIO

/// A GICv2m frame: turns messages of devices into shared lines. Its lines are of the kind `edge`.
///
/// - Spec: Arm Server Base System Architecture (DEN0029) appendix E "GICv2m architecture"
public struct MessageFrame<Access: RegisterAccess> {
  /// Where a device writes the number of a line.
  public let address: UInt64
  /// The first line.
  public let firstLine: UInt32
  /// How many there are.
  public let lineCount: UInt32
  /// How many of them were given out, in their order.
  private var takenCount: UInt32 = 0

  /// Reads what the frame says of itself, unless the device tree knows better.
  ///
  /// - Parameters:
  ///   - registers: At least 4 KiB.
  ///   - firstLine: `arm,msi-base-spi`, counted from interrupt 0 on.
  ///   - lineCount: `arm,msi-num-spis`.
  ///   - limit: How many lines the controller has.
  /// - Throws: `regionTooSmall`, `wrongVersion` if the lines are none of the controller's.
  public init(
    _ registers: RegisterWindow<Access>, firstLine: UInt32? = nil, lineCount: UInt32? = nil,
    limit: UInt32
  ) throws(InterruptError) {
    guard registers.byteCount >= 0x1000 else { throw .regionTooSmall(.messageFrame) }
    let kind = registers.read32(at: 0x008)
    let first = firstLine ?? kind >> 16 & 0x3ff
    let count = lineCount ?? kind & 0x3ff
    guard first >= 32, count > 0, first < limit, count <= limit &- first else {
      throw .wrongVersion(.messageFrame, found: kind)
    }
    address = UInt64(registers.base) &+ 0x040
    self.firstLine = first
    self.lineCount = count
  }

  /// How many lines are left.
  public var freeCount: UInt32 { lineCount &- takenCount }

  /// Takes a line; nil if none is left.
  public mutating func takeLine() -> InterruptID? {
    guard takenCount < lineCount else { return nil }
    takenCount &+= 1
    return InterruptID(rawValue: firstLine &+ takenCount &- 1)
  }
}
