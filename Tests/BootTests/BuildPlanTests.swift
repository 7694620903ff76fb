import Foundation
import Testing
import VirtIOTesting

/// When the package manager is to look anew for files of a package beside the one that it builds.
@Suite("Plans of builds")
struct BuildPlanTests {
  @Test("a file that came or went makes a plan old, one that was changed does not")
  func ages() throws {
    let files = FileManager.default
    let folder = files.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? files.removeItem(at: folder) }
    let module = folder.appendingPathComponent("Sources/Module/Part")
    try files.createDirectory(at: module, withIntermediateDirectories: true)
    let (plan, source) = (
      folder.appendingPathComponent("release.yaml"), module.appendingPathComponent("One.swift")
    )
    try Data().write(to: source)
    let (before, after) = (Date(timeIntervalSinceNow: -60), Date(timeIntervalSinceNow: 60))
    func isKept() -> Bool {
      BuildPlan.refresh(in: folder.path, for: folder.appendingPathComponent("Sources").path)
      return files.fileExists(atPath: plan.path)
    }
    #expect(!isKept(), "there is none yet")
    try Data().write(to: plan)
    try files.setAttributes([.modificationDate: after], ofItemAtPath: plan.path)
    #expect(isKept(), "it is newer than all folders")
    try files.setAttributes([.modificationDate: before], ofItemAtPath: plan.path)
    try files.setAttributes([.modificationDate: before], ofItemAtPath: module.path)
    for path in [module.deletingLastPathComponent(), folder.appendingPathComponent("Sources")] {
      try files.setAttributes([.modificationDate: before], ofItemAtPath: path.path)
    }
    #expect(isKept(), "only a file is newer")
    try files.setAttributes([.modificationDate: after], ofItemAtPath: module.path)
    #expect(!isKept(), "something came or went")
  }
}
