import Foundation
import VirtIOTesting

/// A package of this repository, and what of it others use.
struct DocumentedPackage {
  /// Both, each with its modules in such an order that what one links to stands before it.
  static let all = [
    DocumentedPackage(
      path: "",
      modules: [
        "VirtIO", "VirtIOPCI", "VirtIOMMIO", "VirtIOGraphics", "VirtIOGPU", "VirtIOInput",
        "VirtIORandom", "VirtIOTesting",
      ]),
    DocumentedPackage(path: "/Kernel", modules: ["VirtBoard"]),
  ]

  /// Where it lies, from the repository's folder.
  let path: String
  /// The modules of its products.
  let modules: [String]

  /// The folder with a module's own pages.
  func catalog(of module: String, in checkout: Checkout) -> String {
    "\(checkout.root)\(path)/Sources/\(module)/\(module).docc"
  }

  /// Has the compiler write down what the package's modules declare, a folder for each; of those too
  /// that no product is named after.
  func dumpGraphs(of checkout: Checkout, to folder: String) async throws {
    let root = "\(checkout.root)\(path)"
    // Only libraries, so that no test and no image is built for it. Where the kernel's tests are built,
    // what they share with its documentation is there already.
    let names = Self.all.flatMap(\.modules) + ["FuzzInputs", "FuzzTargets"]
    let scratch = path.isEmpty ? "\(root)/.build" : "\(root)/.build/tests"
    let options = ["package", "--package-path", root, "--scratch-path", scratch]
    let dump = Command(
      "env",
      ["DOCS=1", "TEST_TARGETS=\(names.joined(separator: ","))", "swift"] + options + [
        "dump-symbol-graph", "--minimum-access-level", "public", "--skip-synthesized-members",
        "--emit-extension-block-symbols",
      ], in: root)
    let output = try await dump.collect()
    guard output.succeeded, let dumped = Self.folder(namedIn: output.text) else {
      throw Docs.Failure(description: output.text + output.errorText)
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: dumped)
    for file in files {
      // `VirtIOGPU.symbols.json`, and `VirtIOGPU@VirtIO.symbols.json` for what it adds to another module.
      let own = "\(folder)/\(file.prefix { $0 != "." && $0 != "@" })"
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      try FileManager.default.copyItem(atPath: "\(dumped)/\(file)", toPath: "\(own)/\(file)")
    }
  }

  /// Where the package manager says that the graphs are.
  private static func folder(namedIn text: String) -> String? {
    text.split(separator: "\n").last { $0.hasPrefix("Files written to ") }
      .map { String($0.dropFirst("Files written to ".count)) }
  }
}
