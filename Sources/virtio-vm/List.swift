import ArgumentParser
import VirtIOTesting

/// `virtio-vm list`.
struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the images and examples that can be booted.",
    discussion: """
      'virtio-vm boot NAME' boots one of them; an example goes by its path or by its last part.
      """)

  func run() async throws {
    let checkout = try Checkout.current()
    for image in checkout.images { print(image) }
    for example in checkout.examples { print("Examples/\(example)") }
  }
}
