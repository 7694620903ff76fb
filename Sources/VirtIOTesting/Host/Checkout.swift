import Foundation

/// A clone of this repository: where the kernel's images are written and built.
package struct Checkout: Sendable {
  /// Why there is no checkout to work in.
  package struct NotFound: Error, CustomStringConvertible {
    let start: String

    package var description: String {
      "No swift-virtio checkout at \(start) or in a folder above it; "
        + "run this inside a clone of the repository."
    }
  }

  /// The folder that holds `Package.swift` and `Kernel`.
  package let root: String

  /// Finds the checkout that `path` lies in.
  package init(around path: String) throws(NotFound) {
    var folder = URL(fileURLWithPath: path).standardizedFileURL
    while true {
      let marker = folder.appendingPathComponent("Kernel/toolset-aarch64.json").path
      if FileManager.default.fileExists(atPath: marker) {
        root = folder.path
        return
      }
      guard folder.pathComponents.count > 1 else { throw NotFound(start: path) }
      folder.deleteLastPathComponent()
    }
  }

  /// The kernel's package.
  package var kernel: String { "\(root)/Kernel" }

  /// Where finished images lie.
  package var products: String { "\(root)/build/aarch64" }

  /// The names of the images that can be built, in order.
  package var images: [String] {
    let folder = "\(kernel)/Images"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { name in
      let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(name)")) ?? []
      return files.contains { $0.hasSuffix(".swift") }
    }.sorted()
  }

  /// The names of the examples: packages of their own beside the kernel's, in order.
  package var examples: [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/Examples")) ?? []
    return names.filter {
      FileManager.default.fileExists(atPath: "\(example($0))/Package.swift")
    }.sorted()
  }

  /// Where an example lies.
  package func example(_ name: String) -> String { "\(root)/Examples/\(name)" }

  /// Where a finished image lies, whether or not it has been built.
  package func product(_ name: String, _ form: ImageForm = .elf) -> String {
    "\(products)/\(name).\(form.rawValue)"
  }
}
