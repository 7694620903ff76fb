import Synchronization

/// The last lines that QEMU wrote to standard error.
final class ErrorTail: Sendable {
  private let kept = Mutex<[String]>([])
  private let capacity = 12

  var lines: [String] { kept.withLock { $0 } }

  func append(_ line: String) {
    kept.withLock { lines in
      lines.append(line)
      if lines.count > capacity { lines.removeFirst() }
    }
  }
}
