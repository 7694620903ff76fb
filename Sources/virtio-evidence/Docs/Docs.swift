import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-evidence docs`.
struct Docs: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Writes the documentation of each public module as a web site, without a fault.",
    discussion: """
      Fails if a public declaration has no comment, if a link leads nowhere, or if the compiler of \
      the documentation warns of anything else. A web server that serves the folder shows it.
      """)

  @Option(help: "Where the site is left.")
  var output = "build/docs"

  @Option(help: "The path under which it will be served, such as /swift-virtio.")
  var basePath: String?

  /// What is wrong with the documentation.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  func run() async throws {
    let checkout = try Checkout(around: FileManager.default.currentDirectoryPath)
    let work = try TemporaryFolder()
    defer { withExtendedLifetime(work) {} }
    for package in DocumentedPackage.all {
      try await package.dumpGraphs(of: checkout, to: work.path)
    }
    let declared = try FileManager.default.contentsOfDirectory(atPath: work.path).sorted()
    let silent = try declared.flatMap { try SymbolGraph(of: $0, in: work.path).undocumented }
    guard silent.isEmpty else {
      throw Failure(description: "These have no comment:\n" + silent.joined(separator: "\n"))
    }
    var site = DocumentationSite(
      work: work.path, compiler: try await Toolchain.tool("docc"), basePath: basePath)
    for package in DocumentedPackage.all {
      for module in package.modules {
        try await site.add(module, catalog: package.catalog(of: module, in: checkout))
      }
    }
    try await site.add(pages: "\(checkout.root)/docs/Tutorial.docc", as: "Tutorial")
    try await site.write(to: "\(checkout.root)/\(output)")
    let symbols = try declared.reduce(0) { try $0 + SymbolGraph(of: $1, in: work.path).count }
    print(
      """
      docs: \(symbols) declarations, each with a comment. The site is in \(output); to read it,
        python3 -m http.server -d \(output) 8000, and open http://localhost:8000/documentation/
      """)
  }
}
