/// A client of QEMU's machine protocol: commands with answers; events are passed over.
public final class QMPClient: Sendable {
  private let socket: LocalSocket
  private let lane = BlockingLane(label: "QMP")

  /// Connects, reads the greeting and leaves the negotiation mode.
  init(connectingTo path: String, within limit: Duration) async throws {
    socket = try LocalSocket(connectingTo: path)
    let deadline = ContinuousClock.now + limit
    try await converse { socket in
      let greeting = try JSONValue(parsing: socket.receiveLine(before: deadline))
      guard greeting["QMP"] != nil else {
        throw QEMUError.conversationFailed(with: "QMP server", reason: "It did not greet.")
      }
    }
    _ = try await execute("qmp_capabilities", within: limit)
  }

  /// Executes one command and returns what it returns.
  ///
  /// - Throws: ``QEMUError/refused(command:reason:)`` with QEMU's own words, or
  ///   ``QEMUError/conversationFailed(with:reason:)`` if no answer comes within `limit`.
  @discardableResult
  public func execute(
    _ command: String, _ arguments: [String: JSONValue] = [:], within limit: Duration = .seconds(10)
  ) async throws -> JSONValue {
    var request: [String: JSONValue] = ["execute": .string(command)]
    if !arguments.isEmpty { request["arguments"] = .object(arguments) }
    let line = try JSONValue.object(request).text() + "\n"
    let deadline = ContinuousClock.now + limit
    return try await converse { socket in
      try socket.send(Array(line.utf8), before: deadline)
      while true {
        let answer = try JSONValue(parsing: socket.receiveLine(before: deadline))
        if let result = answer["return"] { return result }
        if let error = answer["error"] {
          throw QEMUError.refused(
            command: command, reason: error["desc"]?.string ?? "It gave no reason.")
        }
      }
    }
  }

  /// One exchange, alone on the connection.
  private func converse<Result: Sendable>(
    _ exchange: @escaping @Sendable (LocalSocket) throws -> Result
  ) async throws -> Result {
    do {
      return try await lane.run(onCancel: { [socket] in socket.shutDown() }) { [socket] in
        try exchange(socket)
      }
    } catch let error as LocalSocketError {
      throw QEMUError.conversationFailed(with: "QMP server", reason: "\(error)")
    }
  }
}
