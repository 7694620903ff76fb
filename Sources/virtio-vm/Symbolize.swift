import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-vm symbolize`.
struct Symbolize: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Names the functions of a backtrace.",
    discussion: """
      Reads what a guest printed from standard input and writes it to standard output, the \
      backtrace with the functions' names. The image must be the one that printed it. 'virtio-vm boot' \
      does this by itself; it is for lines from elsewhere.

      Example: virtio-vm symbolize Showcase < serial.log
      """)

  @Argument(
    help: "The image's name (see 'virtio-vm list'), or the path of an .elf or .img file.",
    completion: .images)
  var image: String

  func run() async throws {
    let symbolizer = try Symbolizer(elf: Self.symbolFile(of: image))
    var lines: [String] = []
    while let line = readLine() { lines.append(line) }
    for line in await symbolizer.annotate(lines) { print(line) }
  }

  /// The file with the symbols of an image: the one given, the .elf beside an .img, or what was built of
  /// that name.
  static func symbolFile(of image: String) throws -> String {
    if image.hasSuffix(".img") { return image.dropLast(".img".count) + ".elf" }
    if image.hasSuffix(".elf") || image.contains("/") { return image }
    let checkout = try Checkout.current()
    guard checkout.images.contains(image) else {
      throw ImageSource.Failure.unknown(
        image, images: checkout.images, examples: checkout.examples)
    }
    return checkout.product(image)
  }
}
