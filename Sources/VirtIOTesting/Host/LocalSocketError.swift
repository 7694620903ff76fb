#if canImport(System)
import System
#else
import SystemPackage
#endif

/// Why a conversation over a local socket ended.
enum LocalSocketError: Error, CustomStringConvertible {
  /// The socket's path does not fit into a socket address.
  case pathTooLong(String, limit: Int)
  /// The other side closed the connection.
  case closed
  /// The deadline of the call passed.
  case timedOut
  /// A system call failed.
  case system(String, Int32)

  var description: String {
    switch self {
    case .pathTooLong(let path, let limit):
      "The socket path \(path) is longer than \(limit) bytes; use a shorter temporary folder."
    case .closed:
      "The other side closed the connection."
    case .timedOut:
      "No answer came before the deadline."
    case .system(let call, let code):
      "The system call \(call) failed: \(Errno(rawValue: code))."
    }
  }
}
