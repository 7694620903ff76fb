import ArgumentParser
import VirtIOTesting

/// `virtio-vm record`.
struct Record: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boots an image without a window, and leaves an animation of what it shows.",
    discussion: """
      Begins once the guest has said READY, and ends after so many seconds, or when the guest switches \
      the machine off. The file is an animated PNG: every browser shows it, and GitHub in a README. A \
      large display makes a large file, and fewer pictures a second.

      Example: virtio-vm record Showcase --seconds 2 --rate 15 --to showcase.png
      """)

  @Argument(
    help: "An image's name (see 'virtio-vm list'), a package's folder, or an .elf or .img file.",
    completion: .images)
  var image: String

  @Option(help: "How long to record.")
  var seconds = 3.0

  @Option(help: "How many pictures a second.")
  var rate = 10

  @Option(help: "Where to leave it: a .png file (default: build/IMAGE-animation.png).")
  var to: String?

  @Option(help: "The size of the display.")
  var size = PictureSize.small

  @Option(help: "Arguments for the kernel.")
  var append: String?

  private var file: String { to ?? OutputFile.picture(of: image, kind: "-animation") }

  func validate() throws {
    guard seconds > 0, seconds <= 60, (1...30).contains(rate) else {
      throw ValidationError("--seconds must be positive and at most 60, --rate 1 to 30.")
    }
    guard [".png", ".apng"].contains(where: file.hasSuffix) else {
      throw ValidationError("--to '\(file)' must end in .png or .apng.")
    }
  }

  func run() async throws {
    let program = try QEMUProgram()
    var machine = MachineConfiguration(image: try await ImageArgument.prepare(image))
    machine.accelerator = .auto
    machine.gpus = ["virtio-gpu-pci,xres=\(size.width),yres=\(size.height)"]
    machine.append = append
    let version = try await program.version() ?? "of unknown version"
    Progress.say("starting QEMU \(version) (\(machine.accelerator.resolved))")
    let (duration, rate) = (Duration.seconds(seconds), rate)
    let (animation, milliseconds) = try await QEMUMachine.run(
      machine, deadline: .seconds(60) + duration * 4
    ) { machine in
      try await machine.waitUntilReady()
      return try await machine.record(for: duration, rate: rate)
    }
    guard let bytes = animation.file(milliseconds: milliseconds) else {
      throw ValidationError("The guest ended before there was a picture.")
    }
    try OutputFile.write(bytes, to: file)
    Progress.say("wrote \(file): \(animation.count) pictures, \((bytes.count + 1023) / 1024) KiB")
  }
}
