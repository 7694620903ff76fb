internal import VirtIO

/// The serial line: a PL011.
///
/// - Spec: PrimeCell UART PL011 (DDI 0183) §3.3 "Register descriptions"
struct Console {
  private let registers: RegisterWindow<MMIO>

  /// `UARTDR`.
  private static var data: UInt { 0x000 }
  /// `UARTCR`.
  private static var control: UInt { 0x030 }
  /// `UARTCR`: on, transmitting and receiving.
  private static var enabled: UInt32 { 0x301 }
  /// `UARTFR`.
  private static var flags: UInt { 0x018 }
  /// `UARTFR.TXFF`: the transmit FIFO is full.
  private static var transmitFull: UInt32 { 1 << 5 }

  /// `UARTFR.RXFE`: the receive FIFO is empty.
  private static var receiveEmpty: UInt32 { 1 << 4 }
  /// `UARTDR.OE`, `BE`, `PE` and `FE`: something is wrong with what was received.
  private static var receiveErrors: UInt32 { 0xf00 }

  /// Nil if the registers cannot lie there.
  init?(base: UInt64) {
    guard let base = UInt(exactly: base),
      let registers = RegisterWindow(MMIO(), base: base, byteCount: 0x1000)
    else { return nil }
    self.registers = registers
  }

  /// Switches the line on, as whoever uses it first has to.
  func enable() {
    registers.write32(Self.enabled, at: Self.control)
  }

  /// Sends text. A line that takes nothing for long loses the rest, rather than hold up the kernel.
  func send(_ text: Span<UInt8>) {
    for index in text.indices {
      var patience = 1_000_000
      while registers.read32(at: Self.flags) & Self.transmitFull != 0 {
        patience &-= 1
        if patience == 0 { return }
      }
      registers.write32(UInt32(text[index]), at: Self.data)
    }
  }

  /// Takes what was received; nil if there is nothing, or if it is damaged.
  func receive() -> UInt8? {
    guard registers.read32(at: Self.flags) & Self.receiveEmpty == 0 else { return nil }
    let word = registers.read32(at: Self.data)
    return word & Self.receiveErrors == 0 ? UInt8(truncatingIfNeeded: word) : nil
  }
}
