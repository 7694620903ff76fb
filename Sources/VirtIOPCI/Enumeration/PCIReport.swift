/// What ``PCIHostBridge/configure()`` found, and what it could not do.
public struct PCIReport: Equatable, Sendable {
  /// The highest bus number in use.
  public internal(set) var lastBus: UInt8 = 0
  /// How many functions there are, bridges included.
  public internal(set) var functionCount = 0
  /// How many BARs got no address, as there was no room for them.
  public internal(set) var unassignedBARCount = 0
  /// How many bridges stay closed, as there were no bus numbers left or they were nested too deep.
  public internal(set) var closedBridgeCount = 0
}
