/// What the scene says in text about the display it is on.
struct SceneFacts: Sendable {
  /// Where the GPU is.
  enum Place: Sendable {
    /// A PCI function.
    case function(bus: UInt8, device: UInt8, function: UInt8)
    /// Registers in memory, from this address on.
    case registers(UInt64)
  }

  /// The scanout's number.
  var scanout: Int

  /// Where its GPU is.
  var place: Place
}
