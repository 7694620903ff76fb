import Foundation
import VirtIOTesting

/// The examples, built and kept in pictures.
actor Example {
  private static let builder = Example()
  private var last: Task<Void, any Error>?

  /// Builds one with the modules that all of them share: one at a time, as the package manager loses track
  /// of a folder that several packages are built in at once.
  ///
  /// - Returns: the file to boot.
  static func build(_ name: String) async throws -> String {
    let package = try await ImagePackage(at: Repository.checkout().example(name))
    try await build(package)
    return package.product()
  }

  /// Builds a package's image in its turn.
  static func build(_ package: ImagePackage) async throws {
    let builder = try ImageBuilder(Repository.checkout())
    try await Self.builder.inTurn { try await builder.build(package) }
  }

  private func inTurn(_ body: @escaping @Sendable () async throws -> Void) async throws {
    let before = last
    let turn = Task {
      _ = await before?.result
      try await body()
    }
    last = turn
    try await turn.value
  }

  /// Leaves a picture of what an example shows in `build/examples`.
  static func keepPicture(of machine: QEMUMachine, as name: String) async throws {
    let folder = try "\(Repository.checkout().root)/build/examples"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await machine.screenshot(to: "\(folder)/\(name).png")
  }
}
