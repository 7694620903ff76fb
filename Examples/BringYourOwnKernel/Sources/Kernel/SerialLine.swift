import MMIO

/// The serial line, where the kernel says what it does.
enum SerialLine {
  private static let registers = Registers(at: 0x0900_0000)

  static func write(_ line: StaticString) {
    line.withUTF8Buffer { text in
      for byte in text { registers[0] = UInt32(byte) }
    }
    registers[0] = 10
  }
}

/// Says why the kernel cannot go on.
func stop(_ reason: StaticString) -> Never {
  SerialLine.write(reason)
  while true {}
}
