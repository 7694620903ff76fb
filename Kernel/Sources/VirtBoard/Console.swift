internal import VirtIO

/// The serial line: a PL011.
///
/// - Spec: PrimeCell UART PL011 (DDI 0183) §3.3 "Register descriptions"
struct Console {
  private let registers: RegisterWindow<MMIO>

  /// `UARTDR`, to write.
  private static var data: UInt { 0x000 }
  /// `UARTFR`.
  private static var flags: UInt { 0x018 }
  /// `UARTFR.TXFF`: the transmit FIFO is full.
  private static var transmitFull: UInt32 { 1 << 5 }

  /// Nil if the registers cannot lie there.
  init?(base: UInt64) {
    guard let base = UInt(exactly: base),
      let registers = RegisterWindow(MMIO(), base: base, byteCount: 0x1000)
    else { return nil }
    self.registers = registers
  }

  /// Sends a byte. A line that takes none for long loses it, rather than hold up the kernel.
  func send(_ byte: UInt8) {
    var patience = 1_000_000
    while registers.read32(at: Self.flags) & Self.transmitFull != 0, patience > 0 { patience &-= 1 }
    registers.write32(UInt32(byte), at: Self.data)
  }

  /// Sends text.
  func send(_ text: Span<UInt8>) {
    for index in text.indices { send(text[index]) }
  }
}
