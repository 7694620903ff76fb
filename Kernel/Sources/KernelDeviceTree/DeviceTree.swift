/// A flattened device tree, read in place.
///
/// The initializer checks the header and every token of the structure block once. What follows can
/// therefore neither fail nor run out of bounds, and each loop ends, whatever the bytes say, also if
/// somebody changes them meanwhile: a look-up finds something or it does not.
///
/// - Spec: Devicetree 0.4 §5 "Flattened Devicetree (DTB) Format"
public struct DeviceTree: ~Escapable {
  /// How many nodes may lie inside one another, the root included.
  public static var maximumDepth: Int { 16 }

  /// The bytes of the whole tree: `totalsize` of them.
  ///
  /// Nothing else is kept: offsets of blocks are read from the header again, so that a tree is
  /// passed in two registers.
  public let bytes: Span<UInt8>

  /// Opens the tree at the start of `bytes`, which may be longer than the tree.
  ///
  /// Takes time linear in the size of the structure block.
  ///
  /// - Throws: `badMagic`, `unsupportedVersion`, `badBlock`, `truncated`, `badToken`,
  ///   `nestedTooDeep`.
  /// - Spec: Devicetree 0.4 §5.2 "Header"
  @_lifetime(copy bytes)
  public init(_ bytes: Span<UInt8>) throws(DeviceTreeError) {
    let magic = bytes.word(at: Self.magic)
    guard magic == 0xD00D_FEED else { throw .badMagic(found: magic) }
    let byteCount = Int(bytes.word(at: Self.byteCount))
    guard byteCount <= bytes.count else { throw .truncated(offset: UInt32(clamping: bytes.count)) }
    guard byteCount >= Self.headerByteCount else { throw .badBlock(offset: UInt32(Self.byteCount)) }
    let version = bytes.word(at: Self.version)
    guard version >= 17, bytes.word(at: Self.lastCompatibleVersion) <= 17 else {
      throw .unsupportedVersion(found: version)
    }
    self.bytes = bytes.extracting(first: byteCount)
    guard structureStart & 3 == 0, structureEnd <= byteCount else {
      throw .badBlock(offset: UInt32(Self.structureStart))
    }
    guard stringsEnd <= byteCount else { throw .badBlock(offset: UInt32(Self.stringsStart)) }
    try checkStructure()
  }

  /// Walks the structure block once and refuses what later walks rely on not to be there.
  ///
  /// - Spec: Devicetree 0.4 §5.4.2 "Tree structure"
  private func checkStructure() throws(DeviceTreeError) {
    var offset = root.offset
    var depth = 0
    var rootIsOver = false
    var propertiesAreOver = true
    while true {
      let token = token(at: offset)
      guard token.end > offset else { throw .truncated(offset: offset) }
      offset = token.end
      switch token.kind {
      case .beginNode where !rootIsOver:
        guard depth < Self.maximumDepth else { throw .nestedTooDeep(offset: token.offset) }
        depth &+= 1
        propertiesAreOver = false
      case .endNode where depth > 0:
        depth &-= 1
        propertiesAreOver = true
        rootIsOver = depth == 0
      case .property where !propertiesAreOver: break
      case .end where rootIsOver: return
      default: throw .badToken(found: token.kind.rawValue, offset: token.offset)
      }
    }
  }

  /// The range of memory that must not be touched, by its place in the reservation block; `nil`
  /// past the last one.
  ///
  /// The tree itself need not be among them.
  ///
  /// - Spec: Devicetree 0.4 §5.3 "Memory Reservation Block"
  public func reservation(at index: Int) -> AddressRange? {
    guard index >= 0, index < bytes.count / 16 else { return nil }
    let offset = Int(bytes.word(at: Self.reservationsStart)) &+ index &* 16
    let range = AddressRange(
      base: bytes.number(at: offset, cells: 2), byteCount: bytes.number(at: offset &+ 8, cells: 2))
    return range.base | range.byteCount == 0 ? nil : range
  }
}

/// Where the fields of the header lie.
extension DeviceTree {
  private static var magic: Int { 0 }
  private static var byteCount: Int { 4 }
  private static var structureStart: Int { 8 }
  private static var stringsStart: Int { 12 }
  private static var reservationsStart: Int { 16 }
  private static var version: Int { 20 }
  private static var lastCompatibleVersion: Int { 24 }
  private static var stringsByteCount: Int { 32 }
  private static var structureByteCount: Int { 36 }
  private static var headerByteCount: Int { 40 }

  var structureStart: Int { Int(bytes.word(at: Self.structureStart)) }
  var structureEnd: Int { structureStart &+ Int(bytes.word(at: Self.structureByteCount)) }
  var stringsStart: Int { Int(bytes.word(at: Self.stringsStart)) }
  var stringsEnd: Int { stringsStart &+ Int(bytes.word(at: Self.stringsByteCount)) }
}
