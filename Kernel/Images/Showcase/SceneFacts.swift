/// What the scene says in text about the display it is on.
struct SceneFacts: Sendable {
  /// The scanout's number.
  var scanout: Int

  /// The PCI bus of the device.
  var bus: UInt8

  /// The PCI device number on the bus.
  var device: UInt8

  /// The PCI function of the device.
  var function: UInt8
}
