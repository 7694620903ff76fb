import Foundation

/// What somebody means who names an image.
package enum ImageSource: Equatable, Sendable {
  /// Why a name means nothing.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// There is nothing at that path.
    case missing(String, examples: [String])
    /// The folder is no package.
    case noPackage(String)
    /// No image, folder or example is called so.
    case unknown(String, images: [String], examples: [String])

    package var description: String {
      switch self {
      case .missing(let path, let examples):
        "There is no file or folder '\(path)'."
          + Self.question(path, examples)
          + Self.list("The examples are", examples.map { "Examples/\($0)" })
      case .noPackage(let path):
        "The folder '\(path)' holds no Package.swift; "
          + "'virtio-vm new NAME' makes a package that boots."
      case .unknown(let name, let images, let examples):
        "There is no image '\(name)', and no folder of that name that is a package."
          + NearestName.question(name, in: images + examples)
          + Self.list("The images are", images)
          + Self.list("The examples are", examples.map { "Examples/\($0)" })
      }
    }

    /// Whether an example was meant by a path.
    private static func question(_ path: String, _ examples: [String]) -> String {
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      return NearestName.of(name, in: examples).map { " Did you mean 'Examples/\($0)'?" } ?? ""
    }

    private static func list(_ title: String, _ names: [String]) -> String {
      names.isEmpty ? "" : " \(title) \(names.joined(separator: ", "))."
    }
  }

  /// A finished image.
  case file(String)
  /// One of the kernel's images, by name.
  case image(String)
  /// A package in this folder.
  case package(String)

  /// Finds out what a name or path means in `folder`. An image of the kernel's goes before a folder called
  /// so, and that before an example.
  package init(_ name: String, in folder: String, checkout: Checkout?) throws(Failure) {
    let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
    let examples = checkout?.examples ?? []
    if name.contains("/") || [".", ".."].contains(name)
      || ImageForm.allCases.contains(where: { name.hasSuffix(".\($0.rawValue)") })
    {
      var isFolder = ObjCBool(false)
      guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
        throw .missing(name, examples: examples)
      }
      guard isFolder.boolValue || Self.isPackage(path) else {
        self = .file(name)
        return
      }
      guard Self.isPackage(path) else { throw .noPackage(name) }
      self = .package(path)
    } else if let checkout, checkout.images.contains(name) {
      self = .image(name)
    } else if Self.isPackage(path) {
      self = .package(path)
    } else if let checkout, examples.contains(name) {
      self = .package(checkout.example(name))
    } else {
      throw .unknown(name, images: checkout?.images ?? [], examples: examples)
    }
  }

  private static func isPackage(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(path)/Package.swift")
  }
}
