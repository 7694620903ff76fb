import ArgumentParser
import VirtIOTesting

/// `virtio-vm trace`.
struct Trace: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what driver and GPU say to each other, frame by frame.",
    discussion: """
      Boots an image without a window and prints, for each frame, its commands, doorbells and interrupts \
      in order, with the times at which QEMU saw them. A frame ends with its RESOURCE_FLUSH; the first \
      begins with the driver's first doorbell. With --append wait=poll the Showcase does without \
      interrupts; with --gpu virtio-gpu-pci,packed=on the queues are packed.

      Example: virtio-vm trace Showcase --skip 10 --frames 3
      """)

  @Argument(
    help: "An image's name (see 'virtio-vm list'), a package's folder, or an .elf or .img file.",
    completion: .images)
  var image: String

  @Option(help: "How many frames to show.")
  var frames = 5

  @Option(help: "How many frames to leave out first.")
  var skip = 0

  @Option(help: "The size of the display.")
  var size = PictureSize.standard

  @Option(help: "Arguments for the kernel.")
  var append: String?

  @Option(help: "The GPU, as QEMU's -device takes it (default: virtio-gpu-pci with --size).")
  var gpu: String?

  @Option(help: "Ends the machine after so many seconds, and shows what there is.")
  var timeout = 60.0

  func validate() throws {
    guard (1...10_000).contains(frames), (0...100_000).contains(skip) else {
      throw ValidationError("--frames must be 1 to 10000, --skip 0 to 100000.")
    }
    guard timeout > 0, timeout < 1e9 else {
      throw ValidationError("--timeout must be a positive number of seconds.")
    }
  }

  func run() async throws {
    let program = try QEMUProgram()
    var machine = MachineConfiguration(image: try await ImageArgument.prepare(image))
    machine.gpus = [gpu ?? "virtio-gpu-pci,xres=\(size.width),yres=\(size.height)"]
    machine.append = append
    var run = TraceRun(machine)
    run.frameCount = skip + frames
    run.deadline = .seconds(timeout)
    let trace = try await run.run(on: program)
    guard trace.frames.count > skip else {
      throw TraceRun.Failure.noneLeft(frameCount: trace.frames.count, skipped: skip)
    }
    print(TraceTimeline(trace, skipping: skip, count: frames).text)
    if trace.frames.count < skip + frames {
      Progress.say("no more than \(trace.frames.count) frames came")
    }
  }
}
