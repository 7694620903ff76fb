import Foundation

/// What the package manager means to build in a folder: it keeps that from one time to the next.
package enum BuildPlan {
  /// Has it plan anew if files came or went below `sources` since it last did.
  ///
  /// By itself it does that only for the package that is built. Of one that this depends on by its path, the
  /// compiler is not told of a new file, and says that what is in it cannot be found.
  package static func refresh(in folder: String, for sources: String) {
    let plan = "\(folder)/release.yaml"
    let files = FileManager.default
    guard let planned = (try? files.attributesOfItem(atPath: plan))?[.modificationDate] as? Date
    else { return }
    let isOld = files.subpaths(atPath: sources)?.contains { part in
      // A folder changes when something in it comes or goes.
      guard let found = try? files.attributesOfItem(atPath: "\(sources)/\(part)"),
        found[.type] as? FileAttributeType == .typeDirectory,
        let changed = found[.modificationDate] as? Date
      else { return false }
      return changed > planned
    }
    if isOld == true { try? files.removeItem(atPath: plan) }
  }
}
