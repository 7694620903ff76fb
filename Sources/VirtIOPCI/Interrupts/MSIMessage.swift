/// What a device stores, and where, in order to interrupt: whoever owns the interrupt controller knows.
public struct MSIMessage: Equatable, Sendable {
  /// Where to, on the bus: a multiple of 4.
  public let address: UInt64
  /// What.
  public let data: UInt32

  /// A store of `data` to `address`.
  public init(address: UInt64, data: UInt32) {
    self.address = address
    self.data = data
  }
}
