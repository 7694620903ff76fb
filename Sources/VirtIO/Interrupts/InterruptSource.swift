/// Says why a device interrupts: what an ``InterruptHandler`` asks.
///
/// Called in interrupt context: it reads one register at the most, and acknowledges what it has read;
/// it touches none that the driver uses.
public protocol InterruptSource: Sendable {
  /// What a message of a vector can mean; nothing if the driver does not use the vector.
  func causes(ofVector vector: Int) -> InterruptCauses
  /// Reads why the device pulls its line, which makes it let go; nothing if it does not pull it.
  func takeLineCauses() -> InterruptCauses
}

/// The interrupts of a transport that has none.
public struct NoInterrupts: InterruptSource {
  /// Nothing, for every vector.
  public func causes(ofVector vector: Int) -> InterruptCauses { [] }
  /// Nothing.
  public func takeLineCauses() -> InterruptCauses { [] }
}
