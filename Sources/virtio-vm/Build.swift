import ArgumentParser
import VirtIOTesting

/// `virtio-vm build`.
struct Build: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Builds images into build/aarch64, each as NAME.elf and NAME.img.",
    discussion: """
      The image of a package lies in the build/aarch64 of the package's own folder. 'virtio-vm boot' \
      builds what it boots, so that this is for whoever wants the files.

      Example: virtio-vm build Minimal Examples/HelloPixels
      """)

  @Argument(
    help: "The images' names, or packages' folders (default: all images; see 'virtio-vm list').",
    completion: .images)
  var images: [String] = []

  func run() async throws {
    for image in images.isEmpty ? try Checkout.current().images : images {
      let file = try await ImageArgument.prepare(image)
      if !images.isEmpty { Progress.say("\(image) is in \(file)") }
    }
  }
}
