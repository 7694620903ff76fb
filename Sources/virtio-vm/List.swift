import ArgumentParser
import VirtIOTesting

/// `virtio-vm list`.
struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the images and examples that can be booted.")

  func run() async throws {
    let checkout = try Checkout.current()
    for image in checkout.images { print(image) }
    for example in checkout.examples { print("Examples/\(example)") }
  }
}
