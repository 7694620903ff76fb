import Foundation
import VirtIOTesting

/// The examples, built and kept in pictures.
enum Example {
  /// Builds one with the modules that all of them share.
  ///
  /// - Returns: the file to boot.
  static func build(_ name: String) async throws -> String {
    let checkout = try Repository.checkout()
    let package = try await ImagePackage(at: checkout.example(name))
    try await ImageBuilder(checkout).build(package)
    return package.product()
  }

  /// Leaves a picture of what an example shows in `build/examples`.
  static func keepPicture(of machine: QEMUMachine, as name: String) async throws {
    let folder = try "\(Repository.checkout().root)/build/examples"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try await machine.screenshot(to: "\(folder)/\(name).png")
  }
}
