import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-vm new`.
struct New: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes a package of your own that boots and shows a picture.",
    discussion: """
      The package is made in a folder of that name where you are, from Examples/HelloPixels. Its README \
      holds the command that boots it.

      Example: virtio-vm new hello
      Then change Sources/hello/Main.swift and boot it again.
      """)

  @Argument(help: "The package's name, and its folder's.")
  var name: String

  func run() async throws {
    let package = try NewPackage(name, using: Checkout.current())
    let folder = try package.write(in: FileManager.default.currentDirectoryPath)
    print("\(folder) is ready. To boot it:\n  cd \(name)\n  \(package.command)")
  }
}
