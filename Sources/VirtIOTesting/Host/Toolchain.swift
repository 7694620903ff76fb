import Foundation

/// The Swift toolchain in use, and the LLVM tools that come with it.
package enum Toolchain {
  /// Why a tool of the toolchain cannot be used.
  package enum Failure: Error, CustomStringConvertible {
    /// There is no Swift compiler.
    case swiftMissing
    /// The toolchain comes without this tool, and PATH has none either.
    case toolMissing(String)

    package var description: String {
      switch self {
      case .swiftMissing:
        "Swift is not on PATH; install Swift 6.3 or later from https://swift.org/install."
      case .toolMissing(let name):
        "\(name) is neither beside swiftc nor on PATH; install a toolchain from swift.org, "
          + "which has it, or the llvm package of your system."
      }
    }
  }

  private struct TargetInfo: Decodable {
    struct Paths: Decodable {
      let runtimeResourcePath: String
    }
    let paths: Paths
  }

  /// The path of an LLVM tool, preferably the one that matches the compiler.
  ///
  /// The compiler itself says where it lives: `swiftc` on PATH may be a shim of a toolchain manager.
  package static func tool(_ name: String) async throws -> String {
    guard SearchPath.find("swiftc") != nil else { throw Failure.swiftMissing }
    let output = try await Command("swiftc", ["-print-target-info"]).collect()
    if let info = try? JSONDecoder().decode(TargetInfo.self, from: Data(output.text.utf8)) {
      // .../usr/lib/swift -> .../usr/bin
      let usr = URL(fileURLWithPath: info.paths.runtimeResourcePath)
        .deletingLastPathComponent().deletingLastPathComponent()
      let path = usr.appendingPathComponent("bin/\(name)").path
      if FileManager.default.isExecutableFile(atPath: path) { return path }
    }
    guard let path = SearchPath.find(name) else { throw Failure.toolMissing(name) }
    return path
  }
}
