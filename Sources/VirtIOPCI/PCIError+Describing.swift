public import VirtIO

extension PCIError: Describable {
  /// Says what was looked for in the function, and what was found.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    switch self {
    case .wrongDevice(let vendorID, let deviceID):
      sink.write("not the VirtIO device that was looked for: found ")
      sink.write(hexadecimal: UInt64(vendorID))
      sink.write(":")
      sink.write(hexadecimal: UInt64(deviceID))
    case .capabilityListLoops:
      sink.write("the capability list loops: expected at most 48 capabilities")
    case .capabilityOutsideConfiguration(let offset):
      sink.write("the capability list leaves its space: expected offsets from 0x40, found ")
      sink.write(hexadecimal: UInt64(offset))
    case .legacyDevice:
      sink.write("no VirtIO capability was found: a legacy device, which is not supported")
    case .structureMissing(let kind, let rejected):
      sink.write("no usable VirtIO structure of type ")
      sink.write(UInt64(kind.rawValue))
      sink.write(" was found")
      guard let rejected else { return }
      sink.write("; rejected type ")
      sink.write(UInt64(rejected.kind.rawValue))
      sink.write(" in BAR ")
      sink.write(UInt64(rejected.bar))
      sink.write(" at ")
      sink.write(hexadecimal: UInt64(rejected.offset))
      sink.write(" with ")
      sink.write(UInt64(rejected.byteCount))
      sink.write(" bytes")
    case .commandIgnored(let found):
      sink.write("the command register does not keep 0x6: found ")
      sink.write(hexadecimal: UInt64(found))
    }
  }
}

extension PCIAddress: Describable {
  /// Writes bus, device and function as `0:1.0`.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    sink.write(UInt64(bus))
    sink.write(":")
    sink.write(UInt64(device))
    sink.write(".")
    sink.write(UInt64(function))
  }
}
