import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-vm list`.
struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the images that can be booted.")

  func run() async throws {
    let checkout = try Checkout(around: FileManager.default.currentDirectoryPath)
    for image in checkout.images { print(image) }
  }
}
