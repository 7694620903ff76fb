public import VirtIO

/// Why registers in memory cannot be driven as a VirtIO device.
public enum MMIOError: Error, Equatable, Sendable {
  /// There is no room for the control registers.
  case registersTooShort(byteCount: UInt)
  /// `MagicValue` is not "virt".
  case wrongMagic(found: UInt32)
  /// `Version` is not 2. 1 is a legacy device, which this driver does not touch.
  case wrongVersion(found: UInt32)
}

extension MMIOError: Describable {
  /// Says what was looked for in the registers, and what was found.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    switch self {
    case .registersTooShort(let byteCount):
      sink.write("no room for VirtIO registers: expected 256 bytes, found ")
      sink.write(UInt64(byteCount))
    case .wrongMagic(let found):
      sink.write("no VirtIO device: expected 0x74726976, found ")
      sink.write(hexadecimal: UInt64(found))
    case .wrongVersion(1):
      sink.write("the legacy VirtIO interface, which is not supported: expected version 2, found 1")
    case .wrongVersion(let found):
      sink.write("a VirtIO device of another version: expected 2, found ")
      sink.write(UInt64(found))
    }
  }
}
