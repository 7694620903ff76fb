import Foundation

/// The folders in which the shell would look for a program.
package enum SearchPath {
  /// The first executable file of that name on PATH.
  package static func find(_ name: String) -> String? {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    return folders.split(separator: ":")
      .map { "\($0)/\(name)" }
      .first { path in
        let kind = (try? FileManager.default.attributesOfItem(atPath: path))?[.type]
        return kind as? FileAttributeType != .typeDirectory
          && FileManager.default.isExecutableFile(atPath: path)
      }
  }
}
