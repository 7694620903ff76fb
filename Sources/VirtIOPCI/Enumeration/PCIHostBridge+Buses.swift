import VirtIO

extension PCIHostBridge {
  /// Bridges below this depth are not opened: no machine nests them so deep, and recursion has to end.
  static var maximumDepth: Int { 16 }

  /// Numbers the buses behind the bridges of `bus`, depth first, and keeps those that have numbers.
  ///
  /// - Parameter limit: The highest number that may be given.
  /// - Returns: The highest number in use.
  @inline(never)
  func numberBuses(behind bus: UInt8, upTo limit: UInt8, depth: Int, report: inout PCIReport)
    -> UInt8
  {
    var last = bus
    // First those that firmware has numbered, so that no number is given twice.
    forEachBridge(on: bus) { bridge in
      let secondary = bridge.secondaryBus
      let subordinate = bridge.subordinateBus
      guard secondary != 0 else { return }
      if secondary > last, subordinate >= secondary, subordinate <= limit,
        depth < Self.maximumDepth
      {
        bridge.setBuses(primary: bus, secondary: secondary, subordinate: subordinate)
        _ = numberBuses(
          behind: secondary, upTo: subordinate, depth: depth &+ 1, report: &report)
        last = subordinate
      } else {
        bridge.close()
      }
    }
    forEachBridge(on: bus) { bridge in
      guard bridge.secondaryBus == 0 else { return }
      guard last < limit, depth < Self.maximumDepth else {
        bridge.close()
        report.closedBridgeCount &+= 1
        return
      }
      let secondary = last &+ 1
      // While the buses behind it are being counted, it passes on all that may be there.
      bridge.setBuses(primary: bus, secondary: secondary, subordinate: limit)
      last = numberBuses(behind: secondary, upTo: limit, depth: depth &+ 1, report: &report)
      bridge.setBuses(primary: bus, secondary: secondary, subordinate: last)
    }
    return last
  }

  /// The bus behind a bridge, if the bridge is open and the walk has not been there.
  func bus(behind bridge: PCIBridge<Access>, depth: Int, seen: inout BusSet) -> UInt8? {
    let secondary = bridge.secondaryBus
    guard secondary > firstBus, secondary <= lastBus, depth < Self.maximumDepth,
      seen.insert(secondary)
    else { return nil }
    return secondary
  }

  func forEachBridge(on bus: UInt8, _ body: (PCIBridge<Access>) -> Void) {
    forEachConfiguration(on: bus) { configuration in
      if let bridge = PCIBridge(configuration) { body(bridge) }
    }
  }

  @inline(never)
  func forEachConfiguration(on bus: UInt8, _ body: (RegisterWindow<Access>) -> Void) {
    var slot = 0
    while let address = nextAddress(onBus: bus, fromSlot: slot) {
      if let configuration = configuration(of: address) { body(configuration) }
      slot = (Int(address.device) << 3 | Int(address.function)) &+ 1
    }
  }
}
