import VirtIOTesting

/// A user at the keyboard and the tablet.
extension QEMUMachine {
  /// Moves the pointer to a pixel of a display of that size.
  func movePointer(to place: (x: Int, y: Int), of size: (width: Int, height: Int)) async throws {
    // QEMU divides each side into 32,768 parts: this is the first part of the pixel.
    try await send([
      Self.event("abs", ["axis": .string("x"), "value": Self.part(place.x, size.width)]),
      Self.event("abs", ["axis": .string("y"), "value": Self.part(place.y, size.height)]),
    ])
  }

  private static func part(_ place: Int, _ length: Int) -> JSONValue {
    .integer((place * 32_768 + length - 1) / length)
  }

  /// Presses a button of the pointer, or lets it go.
  func press(_ button: String, _ isDown: Bool) async throws {
    try await send([Self.event("btn", ["button": .string(button), "down": .boolean(isDown)])])
  }

  /// Presses a key and lets it go, by QEMU's name for it.
  func pressKey(_ name: String) async throws {
    let key = JSONValue.object(["type": .string("qcode"), "data": .string(name)])
    for isDown in [true, false] {
      try await send([Self.event("key", ["key": key, "down": .boolean(isDown)])])
    }
  }

  private func send(_ events: [JSONValue]) async throws {
    try await qmp.execute("input-send-event", ["events": .array(events)])
  }

  private static func event(_ type: String, _ data: [String: JSONValue]) -> JSONValue {
    .object(["type": .string(type), "data": .object(data)])
  }

  /// Whether a picture is shown, at last.
  func shows(_ expected: Picture?) async throws -> Bool {
    for _ in 0..<500 {
      if try await picture() == expected { return true }
      try await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
}
