import Foundation

/// A package of the user's own, made from the example HelloPixels.
package struct NewPackage: Sendable {
  /// Why it cannot be made.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// The package manager could not do with that name.
    case invalidName(String)
    /// A module that the package needs is called so, or Swift means something else by it.
    case reservedName(String)
    /// There is something of that name already.
    case taken(String)

    package var description: String {
      switch self {
      case .invalidName(let name):
        "'\(name)' cannot be a package's name; choose one of letters, digits and underscores that "
          + "starts with a letter. The folder is made where you are."
      case .reservedName(let name):
        "'\(name)' means something else in Swift or in swift-virtio; choose another name."
      case .taken(let path):
        "There is a '\(path)' already; choose another name, or remove it first."
      }
    }
  }

  /// The package's name, and its folder's.
  let name: String
  private let checkout: Checkout

  /// Checks the name of a package that is to use a checkout.
  package init(_ name: String, using checkout: Checkout) throws(Failure) {
    guard let first = name.utf8.first, Self.isLetter(first),
      name.utf8.allSatisfy({
        Self.isLetter($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
      })
    else { throw .invalidName(name) }
    let modules = ["Sources", "Kernel/Sources"].flatMap {
      (try? FileManager.default.contentsOfDirectory(atPath: "\(checkout.root)/\($0)")) ?? []
    }
    // Upper and lower case are the same to some file systems.
    guard !(modules + Self.words).contains(where: { $0.lowercased() == name.lowercased() }) else {
      throw .reservedName(name)
    }
    self.name = name
    self.checkout = checkout
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }

  /// What no module may be called: Swift's own modules and what it reads as something else.
  private static let words =
    ["Swift", "SwiftShims", "Builtin", "Foundation", "Main"]
      + """
      as associatedtype break case catch class continue default defer deinit do else enum extension
      fallthrough false fileprivate for func guard if import in init inout internal is let nil operator
      precedencegroup private protocol public repeat rethrows return self static struct subscript super
      switch throw throws true try typealias var where while
      """.split(whereSeparator: \.isWhitespace).map(String.init)

  /// Writes the package into a new folder inside `parent`.
  ///
  /// - Returns: the folder's path.
  package func write(in parent: String) throws -> String {
    let files = FileManager.default
    let folder = "\(parent)/\(name)"
    guard !files.fileExists(atPath: folder) else { throw Failure.taken(folder) }
    let example = checkout.example("HelloPixels")
    try files.createDirectory(
      atPath: "\(folder)/Sources", withIntermediateDirectories: true)
    try files.copyItem(
      atPath: "\(example)/Sources/HelloPixels", toPath: "\(folder)/Sources/\(name)")
    let manifest = try String(contentsOfFile: "\(example)/Package.swift", encoding: .utf8)
      .replacingOccurrences(of: "\"../..\"", with: Self.literal(checkout.root))
      .replacingOccurrences(of: "\"HelloPixels\"", with: "\"\(name)\"")
    try Data(manifest.utf8).write(to: URL(fileURLWithPath: "\(folder)/Package.swift"))
    try Data(readme.utf8).write(to: URL(fileURLWithPath: "\(folder)/README.md"))
    try Data(".build/\nbuild/\nPackage.resolved\n".utf8).write(
      to: URL(fileURLWithPath: "\(folder)/.gitignore"))
    return folder
  }

  /// The command that boots the package from its own folder.
  package var command: String {
    "swift run --package-path \(ShellWord.quote(checkout.root)) virtio-vm boot ."
  }

  private var readme: String {
    """
    # \(name)

    A picture on a virtio-gpu, with no operating system under it. In this folder,

    ```sh
    \(command)
    ```

    builds it and boots it in QEMU: in a window, or with `--screenshot \(name).png` into a file. What it
    draws is in `Sources/\(name)/Main.swift`. `Package.swift` says where swift-virtio lies.

    """
  }

  /// Text as a Swift literal.
  private static func literal(_ text: String) -> String {
    let escaped = text.replacingOccurrences(of: "\\", with: "\\\\")
      .replacingOccurrences(of: "\"", with: "\\\"")
    return "\"\(escaped)\""
  }
}
