import Foundation
import VirtIOTesting

/// The checkout that these tests were compiled from.
enum Repository {
  /// Why a test cannot begin.
  struct ImageMissing: Error, CustomStringConvertible {
    let path: String
    var description: String { "\(path) is missing; run 'make images' first." }
  }

  static func checkout(_ file: String = #filePath) throws -> Checkout {
    try Checkout(around: file)
  }

  /// The path of a built image.
  static func image(_ name: String, _ form: ImageForm = .elf) throws -> String {
    let path = try checkout().product(name, form)
    guard FileManager.default.fileExists(atPath: path) else { throw ImageMissing(path: path) }
    return path
  }

  /// All files below a folder of the checkout, by their paths from its root.
  static func files(below folder: String) throws -> [String] {
    let root = try checkout().root
    return try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)")
      .map { "\(folder)/\($0)" }.sorted()
  }

  /// The text of a file of the checkout.
  static func text(_ path: String) throws -> String {
    let bytes = FileManager.default.contents(atPath: "\(try checkout().root)/\(path)") ?? Data()
    return String(decoding: bytes, as: UTF8.self)
  }
}
