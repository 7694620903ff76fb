/// A client of the remote framebuffer protocol (RFB 3.8, "VNC").
///
/// As much of it as it takes to ask a head for another size, and to be told of its pointer. While it lives,
/// the head stays connected.
public final class RFBClient: Sendable {
  /// The encodings this client announces.
  enum Encoding {
    /// ExtendedDesktopSize: the server may tell sizes, and takes SetDesktopSize.
    static let extendedDesktopSize: Int32 = -308
    /// Cursor With Alpha: the server tells how the pointer looks, and leaves it to the client to draw.
    static let alphaCursor: Int32 = -314
  }

  enum Message {
    static let setEncodings: UInt8 = 2
    static let setDesktopSize: UInt8 = 251
    static let framebufferUpdate: UInt8 = 0
  }

  private let socket: LocalSocket
  private let lane = BlockingLane(label: "RFB")

  /// Connects and announces the encodings.
  init(connectingTo path: String, within limit: Duration = .seconds(10)) async throws {
    socket = try LocalSocket(connectingTo: path)
    let deadline = ContinuousClock.now + limit
    try await converse { socket in
      let version = try socket.receive(12, before: deadline)
      guard version.starts(with: Array("RFB 003.".utf8)) else {
        throw Self.failure("It does not speak RFB 3.")
      }
      try socket.send(Array("RFB 003.008\n".utf8), before: deadline)
      let kinds = try socket.receive(1, before: deadline)[0]
      guard kinds > 0, try socket.receive(Int(kinds), before: deadline).contains(1) else {
        throw Self.failure("It wants a password.")
      }
      // Security type 1: none.
      try socket.send([1], before: deadline)
      guard try socket.receive(4, before: deadline) == [0, 0, 0, 0] else {
        throw Self.failure("It refused the connection.")
      }
      // Shared, so that a second client does not end the first.
      try socket.send([1], before: deadline)
      // Width, height and pixel format; then the desktop's name after its length.
      let initial = try socket.receive(24, before: deadline)
      let nameLength = initial[20...].reduce(0) { $0 << 8 | Int($1) }
      _ = try socket.receive(nameLength, before: deadline)
      let encodings = [Message.setEncodings, 0, 0, 1] + Self.bytes(Encoding.extendedDesktopSize)
      try socket.send(encodings, before: deadline)
    }
  }

  /// Asks the head for a size; returns once the server says that it has passed it on.
  public func setDesktopSize(
    width: UInt16, height: UInt16, within limit: Duration = .seconds(10)
  ) async throws {
    let deadline = ContinuousClock.now + limit
    try await converse { socket in
      var message: [UInt8] = [Message.setDesktopSize, 0]
      message += Self.bytes(width) + Self.bytes(height)
      // One screen with identifier 0 at 0, 0, without flags.
      message += [1, 0] + Self.bytes(UInt32(0)) + Self.bytes(UInt32(0))
      message += Self.bytes(width) + Self.bytes(height) + Self.bytes(UInt32(0))
      try socket.send(message, before: deadline)
      while true {
        let header = try socket.receive(4, before: deadline)
        guard header[0] == Message.framebufferUpdate else {
          throw Self.failure("It sent a message of unknown kind \(header[0]).")
        }
        for _ in 0..<(Int(header[2]) << 8 | Int(header[3])) {
          let rectangle = try socket.receive(12, before: deadline)
          guard Array(rectangle[8...]) == Self.bytes(Encoding.extendedDesktopSize) else {
            throw Self.failure("It sent pixels in an encoding that was not announced.")
          }
          let screens = try socket.receive(4, before: deadline)[0]
          _ = try socket.receive(16 * Int(screens), before: deadline)
          // x is the reason (1: this client asked), y the status (0: done, 4: passed on).
          guard rectangle[1] == 1 else { continue }
          guard rectangle[3] == 0 || rectangle[3] == 4 else {
            throw Self.failure("It refused \(width)x\(height) with status \(rectangle[3]).")
          }
          return
        }
      }
    }
  }

  static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    stride(from: value.bitWidth - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: value >> $0)
    }
  }

  static func failure(_ reason: String) -> QEMUError {
    .conversationFailed(with: "VNC server", reason: reason)
  }

  func converse<Result: Sendable>(
    _ exchange: @escaping @Sendable (LocalSocket) throws -> Result
  ) async throws -> Result {
    do {
      return try await lane.run(onCancel: { [socket] in socket.shutDown() }) { [socket] in
        try exchange(socket)
      }
    } catch let error as LocalSocketError {
      throw Self.failure("\(error)")
    }
  }
}
