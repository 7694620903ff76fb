import Foundation

/// How much of the long sweeps is run: all of it with SWEEP=all in the environment, as `make check` and
/// `make mutants` have it; else only what differs most.
enum Sweep {
  static let isWhole = ProcessInfo.processInfo.environment["SWEEP"] == "all"

  /// All of them, or every so manieth.
  static func of<Value>(_ all: [Value], every step: Int) -> [Value] {
    isWhole ? all : stride(from: 0, to: all.count, by: step).map { all[$0] }
  }
}
