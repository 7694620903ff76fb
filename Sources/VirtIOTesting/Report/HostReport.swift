/// A row of the table of computers on which the images were tried.
package struct HostReport: Sendable {
  /// How an image did.
  package enum Result: Sendable, Equatable {
    /// Each pixel was as it should be.
    case exact
    /// It said that it was ready, and there was a picture of more than one colour.
    case shown
    /// It was not seen to work, and why.
    case failed(String)

    /// Whether it worked as far as that can be judged.
    package var isPass: Bool {
      if case .failed = self { false } else { true }
    }

    fileprivate var text: String {
      switch self {
      case .exact: "pass"
      case .shown: "pass (unjudged picture)"
      case .failed(let reason): "**fail**: \(reason)"
      }
    }
  }

  /// The computer.
  package var host: HostFacts
  /// What executed the guest's instructions.
  package var accelerator: Accelerator
  /// QEMU's version.
  package var version: String
  /// How QEMU showed the pictures, by its own name of that.
  package var display: String
  /// The images that were tried, and how they did.
  package var results: [(image: String, result: Result)] = []
  /// The day, as in 2026-01-31.
  package var date: String

  /// A report of which no image is known yet.
  package init(
    host: HostFacts, accelerator: Accelerator, version: String, display: String, date: String
  ) {
    self.host = host
    self.accelerator = accelerator
    self.version = version
    self.display = display
    self.date = date
  }

  /// The table's first two lines.
  package static let head = """
    | host | accelerator | QEMU | display | images | Swift | date |
    |---|---|---|---|---|---|---|
    """

  /// Whether all images worked.
  package var isPass: Bool { results.allSatisfy(\.result.isPass) }

  /// The row.
  package var row: String {
    let images = results.map { "\($0.image) \($0.result.text)" }.joined(separator: ", ")
    let cells = [
      "\(host.system), \(host.processor)", accelerator.rawValue.uppercased(), version, display,
      images, host.swift, date,
    ]
    return "| \(cells.map(Self.cell).joined(separator: " | ")) |"
  }

  /// Text that neither ends its cell nor the row.
  private static func cell(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
      .split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\|")
  }
}
