import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-vm report`.
struct Report: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tries images on this computer, and prints a row for the README's table of those.",
    discussion: """
      Boots each image, compares its picture with what it should be where that is known (TestCard and \
      Showcase), and prints one line of Markdown: the computer, what executed the guest, QEMU, its \
      display, the images with their results, Swift and the date. Ends with status 1 if an image \
      failed; the row says so, too. With --window the pictures go to your desktop's display.

      The row goes into the table "Tested on" in README.md: open a pull request with it, or an issue. \
      Example: virtio-vm report --head --window
      """)

  @Argument(
    help:
      "Images' names, packages' folders, or .elf or .img files (default: TestCard and Showcase).",
    completion: .images)
  var images = ["TestCard", "Showcase"]

  @Option(help: "What executes the guest: auto, tcg, kvm or hvf.")
  var accel = Accelerator.auto

  @Option(help: "The processor, as QEMU's -cpu names it (default: cortex-a72, or the host's).")
  var cpu: String?

  @Option(help: "The size of the display.")
  var size = PictureSize.small

  @Flag(help: "Shows the pictures in a window.")
  var window = false

  @Flag(help: "Prints the table's head, too.")
  var head = false

  func run() async throws {
    let program = try QEMUProgram()
    let version = try await program.version() ?? "of unknown version"
    var report = HostReport(
      host: await HostFacts.current(), accelerator: accel.resolved, version: version,
      display: window ? "unknown" : "none", date: Self.today)
    // All are built before the first is tried.
    var files: [String] = []
    for image in images { files.append(try await ImageArgument.prepare(image)) }
    for file in files {
      Progress.say("trying \(Self.name(of: file))")
      let (result, display) = await run(file).run()
      if let display { report.display = display }
      report.results.append((Self.name(of: file), result))
    }
    if head { print(HostReport.head) }
    print(report.row)
    if !report.isPass { throw ExitCode.failure }
  }

  private func run(_ file: String) -> ReportRun {
    var machine = MachineConfiguration(image: file)
    machine.accelerator = accel
    machine.cpu = cpu
    machine.gpus = ["virtio-gpu-pci,addr=1,xres=\(size.width),yres=\(size.height)"]
    machine.display = window ? .window : .none
    switch Self.name(of: file) {
    case "TestCard":
      return ReportRun(machine) { picture in
        TestCardPicture.difference(
          picture, scanout: 0, width: picture.width, height: picture.height) == nil
      }
    case "Showcase":
      machine.append = "steps=\(Self.stepCount)"
      return ReportRun(machine) { Torture.isExact($0, step: Self.stepCount) }
    default:
      return ReportRun(machine)
    }
  }

  /// After how many steps the Showcase's scene stands still, to be judged.
  private static let stepCount = 30

  private static func name(of file: String) -> String {
    URL(fileURLWithPath: file).deletingPathExtension().lastPathComponent
  }

  private static var today: String {
    String(Date.now.formatted(.iso8601.year().month().day()))
  }
}
