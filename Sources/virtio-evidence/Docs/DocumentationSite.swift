import Foundation
import VirtIOTesting

/// The pages of several modules, which become one web site.
struct DocumentationSite {
  private let work: String
  private let compiler: String
  private let hosting: [String]
  private var archives: [String] = []

  /// An empty site.
  ///
  /// - Parameters:
  ///   - work: Where there is a folder of symbol graphs for each module, and the pages go meanwhile.
  ///   - compiler: The path of `docc`.
  ///   - basePath: Under which path it is to be served, if not at the root.
  init(work: String, compiler: String, basePath: String?) {
    self.work = work
    self.compiler = compiler
    hosting = basePath.map { ["--hosting-base-path", $0] } ?? []
  }

  /// Adds a module, which may link to those that were added before.
  mutating func add(_ module: String, catalog: String) async throws {
    try await convert(
      module, catalog: catalog, ["--additional-symbol-graph-dir", "\(work)/\(module)"])
  }

  /// Adds pages that belong to no module.
  mutating func add(pages catalog: String, as name: String) async throws {
    try await convert(name, catalog: catalog, [])
  }

  /// Leaves the site in a folder, in the place of what was there.
  func write(to folder: String) async throws {
    try? FileManager.default.removeItem(atPath: folder)
    try FileManager.default.createDirectory(
      at: URL(fileURLWithPath: folder).deletingLastPathComponent(),
      withIntermediateDirectories: true)
    let merged = try await Command(
      compiler,
      ["merge"] + archives + [
        "--synthesized-landing-page-name", "swift-virtio", "--output-path", folder,
      ]
    ).collect()
    guard merged.succeeded else {
      throw Docs.Failure(description: merged.text + merged.errorText)
    }
  }

  private mutating func convert(
    _ name: String, catalog: String, _ options: [String]
  ) async throws {
    let archive = "\(work)/\(name).doccarchive"
    let catalogs = FileManager.default.fileExists(atPath: catalog) ? [catalog] : []
    let converted = try await Command(
      compiler,
      ["convert"] + catalogs + options + hosting + archives.flatMap { ["--dependency", $0] } + [
        "--fallback-display-name", name, "--fallback-bundle-identifier", name,
        "--enable-experimental-external-link-support", "--warnings-as-errors", "--output-path",
        archive,
      ]
    ).collect()
    let said = converted.text + converted.errorText
    // A warning alone does not make the compiler fail in every release.
    guard converted.succeeded, !said.contains("warning: "), !said.contains("error: ") else {
      throw Docs.Failure(description: "\(name):\n\(said)")
    }
    archives.append(archive)
  }
}
