public import FuzzInputs

/// A boundary beyond which nothing is trusted: what passes it, the fuzzer makes up.
///
/// Each target reads an input as what somebody else says, and has the code that listens to it do its work. It
/// throws what it finds wrong; besides, nothing may trap, hang, or touch memory that is not its own.
public enum FuzzTarget: String, CaseIterable, Sendable {
  /// The configuration space of PCI functions: enumeration, BARs, capabilities.
  case configuration
  /// The registers that a device is taken into service by: on PCI, or memory-mapped.
  case handshake
  /// What a device writes to a split ring.
  case split
  /// What a device writes to a packed ring.
  case packed
  /// What a GPU answers to commands.
  case control
  /// What a GPU makes of its cursor queue.
  case cursor
  /// How a display describes itself.
  case edid
  /// What a GPU says of its capability sets.
  case capsets
  /// A font for the console.
  case font
  /// A whole driver on a device that knows the specification, and breaks it.
  case stack

  /// Has an input do its worst.
  ///
  /// - Throws: What is wrong with what came of it.
  public func run(_ bytes: Span<UInt8>) throws(Finding) {
    switch self {
    case .configuration: try ConfigurationCase(bytes).run()
    case .handshake:
      var handshake = HandshakeCase(bytes)
      try handshake.run()
    case .split: try RingCase(bytes, isPacked: false).run()
    case .packed: try RingCase(bytes, isPacked: true).run()
    case .control: try DisplayCase(bytes, .control).run()
    case .cursor: try DisplayCase(bytes, .cursor).run()
    case .edid: try EDIDCase.run(bytes)
    case .capsets: try DisplayCase(bytes, .capsets).run()
    case .font: try FontCase.run(bytes)
    case .stack: try StackCase(bytes).run()
    }
  }
}
