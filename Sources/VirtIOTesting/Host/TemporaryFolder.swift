import Foundation

/// A folder that only this run uses; removed when the run ends, however it ends.
///
/// Its path is kept short, because the path of a local socket inside it may take
/// about a hundred bytes at most.
package final class TemporaryFolder: Sendable {
  /// Where the folder is.
  package let path: String
  private let cleanup: Cleanup.Token

  /// Makes the folder below the system's temporary folder.
  package init() throws {
    let root = "/tmp"
    let suffix = String(UInt32.random(in: .min ... .max), radix: 36)
    let path = "\(root)/virtio-vm-\(getpid())-\(suffix)"
    try FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    self.path = path
    cleanup = Cleanup.shared.add { try? FileManager.default.removeItem(atPath: path) }
  }

  /// The path of a file in this folder.
  package func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit {
    Cleanup.shared.perform(cleanup)
  }
}
