import Foundation

/// A package beside the kernel's that is an image: its one executable is built for the machine.
package struct ImagePackage: Sendable {
  /// Why a folder is no such package.
  package enum Failure: Error, CustomStringConvertible {
    /// The package manager does not understand the folder's `Package.swift`.
    case unreadable(String, reason: String)
    /// It says nothing of an executable, or of more than one.
    case notOneExecutable(String, found: [String])

    package var description: String {
      switch self {
      case .unreadable(let folder, let reason):
        "\(folder)/Package.swift cannot be read: \(reason)"
      case .notOneExecutable(let folder, let found):
        found.isEmpty
          ? "The package \(folder) has no executable to boot; give it an executableTarget."
          : "The package \(folder) has several executables: \(found.joined(separator: ", ")); "
            + "an image's package has one."
      }
    }
  }

  /// Where its `Package.swift` lies.
  package let folder: String
  /// What its executable is called, and so the image.
  package let name: String

  /// Asks the package manager about the package in a folder.
  package init(at path: String) async throws {
    folder = URL(fileURLWithPath: path).standardizedFileURL.path
    guard SearchPath.find("swift") != nil else { throw Toolchain.Failure.swiftMissing }
    let description = try await Command("swift", ["package", "dump-package"], in: folder).collect()
    guard description.succeeded,
      case .array(let targets) = try JSONValue(parsing: description.text)["targets"]
    else {
      let reason = description.errorText.trimmingCharacters(in: .whitespacesAndNewlines)
      throw Failure.unreadable(folder, reason: reason)
    }
    let found = targets.filter { $0["type"]?.string == "executable" }
      .compactMap { $0["name"]?.string }
    guard let name = found.first, found.count == 1 else {
      throw Failure.notOneExecutable(folder, found: found)
    }
    self.name = name
  }

  /// Where the finished image lies, whether or not it has been built.
  package func product(_ form: ImageForm = .elf) -> String {
    "\(folder)/build/aarch64/\(name).\(form.rawValue)"
  }
}
