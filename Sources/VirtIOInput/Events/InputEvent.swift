internal import VirtIO

/// Something that happened: a key, a movement, or that all of a moment has been said.
///
/// - Spec: VirtIO 1.4 §5.8.6 "Device Operation"
public struct InputEvent: Equatable, Sendable {
  /// Of which kind it is.
  public var type: EventType
  /// Which key, axis or light: what it means depends on the kind.
  public var code: UInt16
  /// For a key 1 if it went down, 0 if it came up and 2 if it repeats; for an axis where it is, or how far
  /// it went.
  public var value: Int32

  /// An event with all its parts.
  public init(type: EventType, code: UInt16, value: Int32) {
    self.type = type
    self.code = code
    self.value = value
  }
}

/// `struct virtio_input_event`.
struct EventLayout: WireStruct {
  let type: LE16
  let code: LE16
  let value: LE32

  /// What the layout takes of memory.
  static var byteCount: Int { 8 }

  init(_ event: InputEvent) {
    type = LE16(event.type.rawValue)
    code = LE16(event.code)
    value = LE32(UInt32(bitPattern: event.value))
  }

  var event: InputEvent {
    InputEvent(
      type: EventType(rawValue: type.value), code: code.value,
      value: Int32(bitPattern: value.value))
  }
}
