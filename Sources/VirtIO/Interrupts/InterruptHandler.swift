/// What a kernel calls when a device has interrupted: any kernel, from its own handler.
///
/// It notes why, in one atomic cell, and looks at one register at the most, which it may acknowledge. So it may be called at any
/// moment, in interrupt context, on any CPU and on several at once, while the driver is in use
/// elsewhere: it takes no lock, waits for nobody, allocates nothing. What there is to do is done by
/// whoever uses the driver, in the driver's own context; see ``InterruptWaiter``.
///
/// It is valid as long as the driver that gave it out: before that is closed, have the interrupt
/// masked, and see to it that no handler is still running.
public struct InterruptHandler<Source: InterruptSource>: Sendable {
  /// Where it leaves word.
  public let latch: InterruptLatch
  private let source: Source

  /// A handler that asks `source` and tells `latch`.
  public init(latch: InterruptLatch, source: Source) {
    self.latch = latch
    self.source = source
  }

  /// To be called for each message of a vector (MSI-X). Touches no register.
  ///
  /// - Parameter vector: Which entry of the device's table the message was routed by.
  /// - Returns: Whether the driver uses this vector.
  public func handleInterrupt(vector: Int) -> Bool {
    note(source.causes(ofVector: vector))
  }

  /// To be called when the interrupt line is pulled (INTx, or that of a device without PCI), before the interrupt controller is told
  /// that it was handled. It makes the device let go of the line.
  ///
  /// Not to be called while the device sends messages: they leave this register alone.
  ///
  /// - Returns: False if it was not this device: the line is shared.
  public func handleLineInterrupt() -> Bool {
    note(source.takeLineCauses())
  }

  private func note(_ causes: InterruptCauses) -> Bool {
    if causes.isEmpty { return false }
    latch.signal(causes)
    return true
  }
}
