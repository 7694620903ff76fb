import ArgumentParser

/// `virtio-vm screenshot`: what `boot --headless --screenshot` does, in a word.
struct Screenshot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boots an image without a window, and leaves a picture of what it shows.",
    discussion: """
      Ends once the guest has said READY and the picture is taken. 'virtio-vm boot IMAGE --screenshot \
      FILE' does the same, with all its options for the machine; 'virtio-vm record' leaves an animation.

      Example: virtio-vm screenshot TestCard --size 800x600 --to card.png
      """)

  @Argument(
    help: "An image's name (see 'virtio-vm list'), a package's folder, or an .elf or .img file.",
    completion: .images)
  var image: String

  @Option(help: "Where to leave it: a .png or .ppm file (default: build/IMAGE.png).")
  var to: String?

  @Option(help: "The size of the display.")
  var size = PictureSize.standard

  @Option(help: "Arguments for the kernel.")
  var append: String?

  private var file: String { to ?? OutputFile.picture(of: image) }

  private func boot() throws -> Boot {
    var arguments = [image, "--screenshot", file, "--size", "\(size)"]
    if let append { arguments.append("--append=\(append)") }
    return try Boot.parse(arguments)
  }

  func validate() throws {
    guard [".png", ".ppm"].contains(where: file.hasSuffix) else {
      throw ValidationError("--to '\(file)' must end in .png or .ppm.")
    }
  }

  func run() async throws {
    try OutputFile.makeFolder(for: file)
    try await boot().run()
  }
}
