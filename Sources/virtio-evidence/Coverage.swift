import ArgumentParser
import Foundation

/// `virtio-evidence coverage`.
struct Coverage: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says how many lines of each module the tests reach, and fails if that is too few.")

  @Argument(help: "The files that 'swift test --show-codecov-path' names.")
  var exports: [String]

  /// The modules that make up the driver and read what firmware says, of which most must be reached.
  private static let required = ["VirtIO", "VirtIOPCI", "VirtIOGPU", "KernelDeviceTree"]
  /// How much of each, in percent of its lines.
  private static let minimum = 95.0

  /// The modules that fall short.
  struct Failure: Error, CustomStringConvertible {
    let modules: [String]
    var description: String {
      "The tests reach fewer than \(Int(minimum)) % of the lines of "
        + "\(modules.joined(separator: ", ")). Add tests of what they leave out."
    }
  }

  func run() throws {
    let root = URL(fileURLWithPath: FileManager.default.currentDirectoryPath)
    var coverage = LineCoverage()
    for export in exports { try coverage.add(contentsOf: URL(fileURLWithPath: export)) }
    let modules = coverage.modules(below: root)
    let width = modules.keys.map(\.count).max() ?? 0
    for (name, lines) in modules.sorted(by: { $0.key < $1.key }) {
      let padding = String(repeating: " ", count: width - name.count)
      print("\(name):\(padding) \(Self.text(lines)) % (\(lines.covered) of \(lines.count) lines)")
    }
    let short = Self.required.filter { (modules[$0]?.percentage ?? 0) < Self.minimum }
    guard short.isEmpty else { throw Failure(modules: short) }
  }

  /// A percentage with one digit, never rounded up.
  private static func text(_ lines: LineCoverage.Lines) -> String {
    let tenths = Int(lines.percentage * 10)
    return "\(tenths / 10).\(tenths % 10)"
  }
}
