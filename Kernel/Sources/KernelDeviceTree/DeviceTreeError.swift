/// Why a flattened device tree, or something that it states, cannot be used.
///
/// Offsets are in bytes from the start of the tree.
public enum DeviceTreeError: Error, Equatable, Sendable {
  /// The first word is not 0xD00DFEED.
  case badMagic(found: UInt32)

  /// The tree cannot be read as version 17.
  case unsupportedVersion(found: UInt32)

  /// A block that the header states lies outside the tree, or is misaligned. `offset` is that of
  /// the header's field.
  case badBlock(offset: UInt32)

  /// Something starts at `offset` and runs past the end of its block.
  case truncated(offset: UInt32)

  /// A token of the structure block is unknown, or may not stand where it does.
  case badToken(found: UInt32, offset: UInt32)

  /// The node at `offset` lies deeper than ``DeviceTree/maximumDepth`` levels.
  case nestedTooDeep(offset: UInt32)

  /// `#address-cells` or `#size-cells` of the node at `offset` says `found`, which does not fit
  /// what its children or its `ranges` need.
  case badCellCount(found: UInt32, offset: UInt32)

  /// A property that the node at `offset` needs (`reg`, `ranges`, `bus-range`, `method`) is not
  /// there, has the wrong length, or says what cannot be.
  case badValue(offset: UInt32)

  /// The bus node at `offset` does not map an address of one of its children to memory.
  case untranslatable(address: UInt64, offset: UInt32)

  /// No enabled node has `device_type = "memory"` and a range that is not empty.
  case noMemory
}

extension DeviceTreeError {
  /// What was looked for, in a few ASCII words for a panic line.
  public var expectation: StaticString {
    switch self {
    case .badMagic: "device tree magic 0xd00dfeed"
    case .unsupportedVersion: "device tree version 17"
    case .badBlock: "device tree block inside the tree"
    case .truncated: "rest of the device tree"
    case .badToken: "device tree token"
    case .nestedTooDeep: "device tree of at most 16 levels"
    case .badCellCount: "usable #address-cells and #size-cells"
    case .badValue: "valid reg, ranges, bus-range or method"
    case .untranslatable: "bus ranges that cover the address"
    case .noMemory: "memory node in the device tree"
    }
  }

  /// What was found instead: a value where there is one, else `nil`.
  public var found: UInt64? {
    switch self {
    case .badMagic(let found), .unsupportedVersion(let found), .badToken(let found, _),
      .badCellCount(let found, _):
      UInt64(found)
    case .untranslatable(let address, _): address
    default: nil
    }
  }

  /// Where in the tree it was found, in bytes from its start, where that is known.
  public var offset: UInt32? {
    switch self {
    case .badBlock(let offset), .truncated(let offset), .badToken(_, let offset),
      .nestedTooDeep(let offset), .badCellCount(_, let offset), .badValue(let offset),
      .untranslatable(_, let offset):
      offset
    default: nil
    }
  }
}
