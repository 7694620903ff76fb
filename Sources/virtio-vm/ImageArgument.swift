import Foundation
import VirtIOTesting

/// An image as the user names it: made ready, which may take a build.
enum ImageArgument {
  /// Builds what is named, unless it is a file already.
  ///
  /// - Returns: the file to boot.
  static func prepare(_ name: String) async throws -> String {
    let folder = FileManager.default.currentDirectoryPath
    switch try ImageSource(name, in: folder, checkout: try? Checkout.current()) {
    case .file(let path):
      return path
    case .image(let name):
      let checkout = try Checkout.current()
      Progress.say("building \(name)")
      try await ImageBuilder(checkout).build(name)
      return checkout.product(name)
    case .package(let path):
      let package = try await ImagePackage(at: path)
      Progress.say("building \(package.name) in \(package.folder)")
      try await ImageBuilder(try Checkout.current()).build(package)
      return package.product()
    }
  }
}
