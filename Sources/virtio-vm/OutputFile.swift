import Foundation

/// Files that the program leaves.
enum OutputFile {
  /// Where a picture goes for which the user names no file: into the folder `build` where they are.
  static func picture(of image: String, kind: String = "") -> String {
    let name = URL(fileURLWithPath: image).standardizedFileURL.deletingPathExtension()
    return "build/\(name.lastPathComponent)\(kind).png"
  }

  /// Makes the folder that a file is to lie in.
  static func makeFolder(for path: String) throws {
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: path).deletingLastPathComponent(), withIntermediateDirectories: true)
  }

  /// Writes a file, and makes the folder that it is to lie in.
  static func write(_ bytes: [UInt8], to path: String) throws {
    try makeFolder(for: path)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }
}
