/// How a pointer looks, as a server tells a client that is to draw it.
public struct RFBCursor: Equatable, Sendable {
  /// How many pixels a row has.
  public let width: Int
  /// How many rows there are.
  public let height: Int
  /// Which column points.
  public let hotspotX: Int
  /// Which row points.
  public let hotspotY: Int
  /// The pixels, row after row: alpha, red, green and blue from the highest byte down.
  public let pixels: [UInt32]

  /// A pointer that looks so.
  public init(width: Int, height: Int, hotspotX: Int, hotspotY: Int, pixels: [UInt32]) {
    self.width = width
    self.height = height
    self.hotspotX = hotspotX
    self.hotspotY = hotspotY
    self.pixels = pixels
  }
}

extension RFBClient {
  /// Asks the server to tell how the pointer looks, now if it has one and whenever that changes.
  public func announceCursor(within limit: Duration = .seconds(10)) async throws {
    let deadline = ContinuousClock.now + limit
    try await converse { socket in
      let encodings =
        [Message.setEncodings, 0, 0, 2] + Self.bytes(Encoding.extendedDesktopSize)
        + Self.bytes(Encoding.alphaCursor)
      try socket.send(encodings, before: deadline)
    }
  }

  /// Waits until the server tells how the pointer looks, and goes on where the last call ended: no look
  /// is left out.
  public func nextCursor(within limit: Duration = .seconds(10)) async throws -> RFBCursor {
    let deadline = ContinuousClock.now + limit
    return try await converse { socket in
      while true {
        let header = try socket.receive(4, before: deadline)
        guard header[0] == Message.framebufferUpdate else {
          throw Self.failure("It sent a message of unknown kind \(header[0]).")
        }
        // QEMU sends a pointer in an update of its own.
        var cursor: RFBCursor?
        for _ in 0..<(Int(header[2]) << 8 | Int(header[3])) {
          let rectangle = try socket.receive(12, before: deadline)
          if Array(rectangle[8...]) == Self.bytes(Encoding.extendedDesktopSize) {
            let screens = try socket.receive(4, before: deadline)[0]
            _ = try socket.receive(16 * Int(screens), before: deadline)
          } else if Array(rectangle[8...]) == Self.bytes(Encoding.alphaCursor) {
            cursor = try Self.cursor(rectangle, from: socket, before: deadline)
          } else {
            throw Self.failure("It sent pixels in an encoding that was not announced.")
          }
        }
        if let cursor { return cursor }
      }
    }
  }

  /// Receives the pixels of a pointer, behind its rectangle: they are encoded by themselves.
  private static func cursor(
    _ rectangle: [UInt8], from socket: LocalSocket, before deadline: ContinuousClock.Instant
  ) throws -> RFBCursor {
    let numbers = stride(from: 0, to: 8, by: 2).map {
      Int(rectangle[$0]) << 8 | Int(rectangle[$0 + 1])
    }
    guard try socket.receive(4, before: deadline) == [0, 0, 0, 0] else {
      throw failure("It sent a pointer in another encoding than raw.")
    }
    let bytes = try socket.receive(numbers[2] * numbers[3] * 4, before: deadline)
    let pixels = stride(from: 0, to: bytes.count, by: 4).map { start in
      bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    }
    return RFBCursor(
      width: numbers[2], height: numbers[3], hotspotX: numbers[0], hotspotY: numbers[1],
      pixels: pixels)
  }
}
