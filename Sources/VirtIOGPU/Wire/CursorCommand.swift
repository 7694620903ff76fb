import VirtIO

/// `struct virtio_gpu_update_cursor`, for both commands of the cursor queue.
///
/// - Spec: VirtIO 1.4 §5.7.6.10 "Device Operation: cursorq"
struct CursorCommand: WireStruct, Sendable {
  var header: ControlHeader
  var scanoutID: LE32
  var x: LE32
  var y: LE32
  private var positionPadding = LE32(0)
  var resourceID: LE32
  var hotspotX: LE32
  var hotspotY: LE32
  private var padding = LE32(0)

  /// Where ``x`` lies, with ``y`` behind it.
  static var positionOffset: Int { 28 }

  /// Shows `cursor` at its place, or with no resource hides it.
  static func update(_ cursor: CursorState) -> Self { Self(.updateCursor, cursor) }
  /// Moves `cursor` to its place. QEMU wants the resource here too: without, it hides the cursor.
  static func move(_ cursor: CursorState) -> Self { Self(.moveCursor, cursor) }

  private init(_ type: CommandType, _ cursor: CursorState) {
    header = ControlHeader(type)
    scanoutID = LE32(cursor.scanout.rawValue)
    x = LE32(cursor.x)
    y = LE32(cursor.y)
    resourceID = LE32(cursor.resource.rawValue)
    hotspotX = LE32(cursor.hotspotX)
    hotspotY = LE32(cursor.hotspotY)
  }
}

/// Where a cursor is and what it looks like.
struct CursorState: Equatable, Sendable {
  var scanout: ScanoutID
  var x: UInt32 = 0
  var y: UInt32 = 0
  var resource: ResourceID = .none
  var hotspotX: UInt32 = 0
  var hotspotY: UInt32 = 0
}
