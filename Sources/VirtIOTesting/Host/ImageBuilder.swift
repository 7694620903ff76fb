import Foundation

/// Builds the kernel's images with the Swift package manager.
package struct ImageBuilder: Sendable {
  /// Why an image could not be built.
  package enum Failure: Error, CustomStringConvertible {
    /// There is no image of that name.
    case unknownImage(String, known: [String])
    /// The compiler or the linker refused; they have said why.
    case buildFailed(String)
    /// The flat copy could not be made.
    case copyFailed(String, reason: String)

    package var description: String {
      switch self {
      case .unknownImage(let name, let known):
        known.isEmpty
          ? "There is no image '\(name)': Kernel/Images holds none."
          : "There is no image '\(name)'." + NearestName.question(name, in: known)
            + " Choose one of \(known.joined(separator: ", "))."
      case .buildFailed(let name):
        "\(name) did not build; the compiler's messages above say why."
      case .copyFailed(let name, let reason):
        "\(name) was built, but llvm-objcopy could not make \(name).img: \(reason)"
      }
    }
  }

  private let checkout: Checkout

  /// The images that are to be as small as they can be.
  private static let smallest: Set = ["Minimal"]

  /// Optimises a program as a whole when it is linked, and keeps no frame records, for such an image does
  /// not say who called whom. That makes a fifth less code, and a frame dearer by a few instructions, as
  /// what several functions have in common becomes a function. The parts are others than those of the
  /// other images, so they have a folder of their own.
  private static let small = [
    "--experimental-lto-mode", "full", "--omit-frame-pointers", "--scratch-path", ".build/small",
  ]

  /// A builder for the images of `checkout`.
  package init(_ checkout: Checkout) {
    self.checkout = checkout
  }

  /// Builds one image with all that a debugger can be told of each instruction, where others say no more than
  /// which line it comes from; it is the same but for that.
  ///
  /// - Returns: The path of its ELF file.
  package func buildDescribed(_ name: String) async throws -> String {
    try await buildKnown(
      name, Self.usual + ["-Xswiftc", "-g", "--scratch-path", ".build/described"])
  }

  /// Builds one image, with the compiler's progress on standard error.
  package func build(_ name: String) async throws {
    let built = try await buildKnown(
      name, Self.usual + (Self.smallest.contains(name) ? Self.small : []))
    try await leave(built, as: name) { checkout.product(name, $0) }
  }

  /// Builds the image of a package beside the kernel's, with the compiler's progress on standard error.
  ///
  /// The modules that it shares with the kernel's images are compiled once for all, in the kernel's folder.
  package func build(_ package: ImagePackage) async throws {
    let built =
      "\(try await build(package.name, besideKernel, in: package.folder))/\(package.name)"
    try await leave(built, as: package.name) { package.product($0) }
  }

  /// Builds every program of a package beside the kernel's: the ELF files alone, and all at once, which takes
  /// less than one after the other.
  ///
  /// - Returns: The folder that they are in.
  package func buildPrograms(of folder: String) async throws -> String {
    try await build(nil, besideKernel, in: folder)
  }

  /// How the package manager builds a package beside the kernel's.
  private var besideKernel: [String] {
    Self.options(toolset: "\(checkout.kernel)/toolset-aarch64.json")
      // The tools name the linker's script from the kernel's folder; the linker looks for it here too.
      + ["-Xlinker", "-L\(checkout.kernel)", "--scratch-path", "\(checkout.kernel)/.build"]
  }

  /// Copies a linked program to where its image is to lie, in both forms.
  private func leave(
    _ built: String, as name: String, at product: (ImageForm) -> String
  ) async throws {
    let files = FileManager.default
    let elf = product(.elf)
    try files.createDirectory(
      at: URL(fileURLWithPath: elf).deletingLastPathComponent(), withIntermediateDirectories: true)
    // A copy made aside and moved in one step: a QEMU that starts meanwhile sees the old or the
    // new image, never half of one.
    let fresh = "\(elf).\(getpid())"
    try? files.removeItem(atPath: fresh)
    try files.copyItem(atPath: built, toPath: fresh)
    _ = unsafe rename(fresh, elf)
    let image = product(.img)
    let copy = try await Command(
      Toolchain.tool("llvm-objcopy"), ["-O", "binary", elf, "\(image).\(getpid())"]
    ).collect()
    guard copy.succeeded else { throw Failure.copyFailed(name, reason: copy.errorText) }
    _ = unsafe rename("\(image).\(getpid())", image)
  }

  /// How the package manager builds for the machine.
  private static func options(toolset: String) -> [String] {
    [
      "-c", "release", "--triple", "aarch64-none-none-elf", "--toolset", toolset, "-Xswiftc",
      "-gline-tables-only",
    ]
  }

  /// How it builds the kernel's images, in the kernel's folder.
  private static let usual = options(toolset: "toolset-aarch64.json")

  /// Has the package manager build one of the kernel's images, and says where it lies.
  private func buildKnown(_ name: String, _ options: [String]) async throws -> String {
    guard checkout.images.contains(name) else {
      throw Failure.unknownImage(name, known: checkout.images)
    }
    return "\(try await build(name, options, in: checkout.kernel))/\(name)"
  }

  /// Has the package manager build a product of a package, or all, and says in which folder that is.
  private func build(
    _ product: String?, _ options: [String], in folder: String
  ) async throws -> String {
    guard SearchPath.find("swift") != nil else { throw Toolchain.Failure.swiftMissing }
    let name = product ?? folder
    let part = product.map { ["--product", $0] } ?? []
    let scratch = options.lastIndex(of: "--scratch-path").map { options[$0 + 1] } ?? ".build"
    BuildPlan.refresh(
      in: scratch.hasPrefix("/") ? scratch : "\(folder)/\(scratch)", for: "\(checkout.root)/Sources"
    )
    guard try await Command("swift", ["build"] + options + part, in: folder).stream() else {
      throw Failure.buildFailed(name)
    }
    let location = try await Command(
      "swift", ["build"] + options + ["--show-bin-path"], in: folder
    ).collect()
    guard location.succeeded else { throw Failure.buildFailed(name) }
    return location.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
