/// Where a PCI function sits: bus, device (slot) and function number.
public struct PCIAddress: Hashable, Sendable {
  /// The bus number.
  public let bus: UInt8
  /// The device number on the bus, 0 to 31.
  public let device: UInt8
  /// The function number in the device, 0 to 7.
  public let function: UInt8

  /// The function at `bus:device.function`; only the low 5 and 3 bits of the last two are used.
  public init(bus: UInt8, device: UInt8, function: UInt8) {
    self.bus = bus
    self.device = device & 31
    self.function = function & 7
  }
}
