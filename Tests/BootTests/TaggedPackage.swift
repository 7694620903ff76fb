import Foundation
import VirtIOTesting

/// The working tree as others get it: a git repository with one version, which a package finds by a URL.
struct TaggedPackage {
  /// Why there is no such repository.
  struct Failure: Error, CustomStringConvertible {
    let command: String
    let reason: String
    var description: String { "\(command) failed: \(reason)" }
  }

  /// Where it lies.
  let path: String

  /// Commits all that is not ignored to a repository in `folder`.
  init(of checkout: Checkout, version: String, in folder: String) async throws {
    path = "\(folder)/swift-virtio"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let place = ["--git-dir=\(path)/.git", "--work-tree=\(checkout.root)"]
    let author = ["-c", "user.name=test", "-c", "user.email=test@example.com"]
    for step in [
      ["init", "-q"], ["add", "-A"], author + ["commit", "-q", "--no-gpg-sign", "-m", version],
      ["tag", version],
    ] { try await Self.run("git", place + step) }
  }

  /// Has the package in a folder find it by a URL.
  func mirror(_ url: String, for folder: String) async throws {
    try await Self.run(
      "swift",
      ["package", "config", "set-mirror", "--original", url, "--mirror", "file://\(path)"],
      in: folder)
  }

  private static func run(
    _ program: String, _ arguments: [String], in folder: String? = nil
  ) async throws {
    let output = try await Command(program, arguments, in: folder).collect()
    guard output.succeeded else {
      throw Failure(command: "\(program) \(arguments)", reason: output.errorText + output.text)
    }
  }
}
