import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-vm build`.
struct Build: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Builds images into build/aarch64, each as NAME.elf and NAME.img.")

  @Argument(help: "The images' names (default: all; see 'virtio-vm list').")
  var images: [String] = []

  func run() async throws {
    let checkout = try Checkout(around: FileManager.default.currentDirectoryPath)
    let builder = ImageBuilder(checkout)
    for image in images.isEmpty ? checkout.images : images {
      Progress.say("building \(image)")
      try await builder.build(image)
    }
  }
}
