import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-vm boot`.
struct Boot: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Boots an image in QEMU.",
    discussion: """
      The guest's serial line goes to standard output, progress to standard error; what is typed goes to \
      the serial line, and the guest has a keyboard and a tablet. With --screenshot or --animation the \
      machine ends once the guest has said READY and the pictures are taken; \
      otherwise it runs until the guest powers off. An error ends the program with a status \
      other than 0 and the reason: the guest's PANIC line, a timeout, QEMU's last words. The \
      functions of a backtrace are named on standard error. With --append crash=halt a crash stays on \
      the display, for --screenshot too.

      Examples:
        virtio-vm boot Showcase
        virtio-vm boot TestCard --gpu virtio-gpu-pci,packed=on --screenshot card.png
        virtio-vm boot Showcase --gdb

      'virtio-vm trace' shows what driver and GPU say to each other, 'virtio-vm record' leaves an \
      animation.
      """)

  @Argument(
    help: "An image's name (see 'virtio-vm list'), a package's folder, or an .elf or .img file.",
    completion: .images)
  var image: String

  @Option(help: "The size of the display (default: 1024x768).")
  var size: PictureSize?

  @Option(
    help: "Where to leave a picture of the display: a .png or .ppm file.",
    completion: .file(extensions: ["png", "ppm"]))
  var screenshot: String?

  @Option(
    help:
      "Where to leave a short animation of the display: a .png file. It is taken before the picture."
  )
  var animation: String?

  @Option(help: "The head to take the picture of; heads after 0 are plugged in for it.")
  var head: Int = 0

  @Flag(help: "Opens no window.")
  var headless = false

  @Option(
    help: """
      Ends the machine after so many seconds (default: 60 with --screenshot, 120 with --animation).
      """)
  var timeout: Double?

  @Flag(help: "Stops before the first instruction and waits for a debugger, as long as it takes.")
  var gdb = false

  @Option(help: "Arguments for the kernel.")
  var append: String?

  @Option(help: "What executes the guest: auto, tcg, kvm or hvf.")
  var accel = Accelerator.auto

  @Option(help: "RAM in MiB.")
  var memory = 256

  @Option(help: "The processor, as QEMU's -cpu names it (default: cortex-a72, or the host's).")
  var cpu: String?

  @Option(
    help: "A GPU, as QEMU's -device takes it; repeatable (default: virtio-gpu-pci with --size).")
  var gpu: [String] = []

  @Option(
    help: "A further device, as QEMU's -device takes it, such as virtio-tablet-pci; repeatable.")
  var device: [String] = []

  @Option(
    name: .customLong("qemu-arg"), parsing: .unconditionalSingleValue,
    help: "One further argument for QEMU; repeatable.")
  var qemuArguments: [String] = []

  func validate() throws {
    if let screenshot, !screenshot.hasSuffix(".png"), !screenshot.hasSuffix(".ppm") {
      throw ValidationError("--screenshot '\(screenshot)' must end in .png or .ppm.")
    }
    if let animation, !animation.hasSuffix(".png") {
      throw ValidationError("--animation '\(animation)' must end in .png: it is an APNG.")
    }
    guard (0..<16).contains(head) else {
      throw ValidationError("--head must be 0 to 15: a virtio GPU has at most 16.")
    }
    if let timeout, !(timeout > 0 && timeout < 1e9) {
      throw ValidationError("--timeout must be a positive number of seconds.")
    }
    guard memory > 0 else { throw ValidationError("--memory must be a positive number of MiB.") }
  }

  func run() async throws {
    // Before a build that takes its time, so that nobody waits for what cannot boot.
    let program = try QEMUProgram()
    var machine = MachineConfiguration(image: try await ImageArgument.prepare(image))
    configure(&machine)

    let version = try await program.version() ?? "of unknown version"
    Progress.say("starting QEMU \(version) (\(machine.accelerator.resolved))")
    let deadline =
      timeout.map { Duration.seconds($0) }
      ?? (takesPictures && !gdb ? .seconds(animation == nil ? 60 : 120) : nil)
    try await QEMUMachine.run(machine, deadline: deadline, onLine: Self.show) { machine in
      defer {
        for line in machine.guestErrors().prefix(20) { Progress.say("QEMU's log: \(line)") }
      }
      do {
        if gdb { try await sayHowToDebug(machine) }
        try await use(machine)
      } catch let error as QEMUError {
        guard case .panicked = error else { throw error }
        await sayCalls(machine)
        throw error
      }
    }
  }

  /// Says what to paste into another terminal.
  private func sayHowToDebug(_ machine: QEMUMachine) async throws {
    let port = try await machine.debuggerPort()
    Progress.say(
      "stopped before the first instruction; continue it from another terminal with one of")
    let lines = DebuggerLines(image: machine.configuration.image ?? "", port: port)
    Progress.say("  \(lines.gdb)")
    Progress.say("  \(lines.lldb)")
  }

  /// Names the functions of the guest's backtrace, once all of it is there.
  private func sayCalls(_ machine: QEMUMachine) async {
    for _ in 0..<200 where !machine.serial.isFinished {
      try? await Task.sleep(for: .milliseconds(10))
    }
    let lines = machine.serial.lines.map(\.text).drop { $0 != "backtrace:" }
    guard !lines.isEmpty, let image = machine.configuration.image else { return }
    do {
      let symbolizer = try Symbolizer(elf: Symbolize.symbolFile(of: image))
      for line in await symbolizer.annotate(Array(lines)) { Progress.say(line) }
    } catch {
      Progress.say("\(error)")
    }
  }

  private static func show(_ line: SerialLine) {
    do {
      try FileHandle.standardOutput.write(contentsOf: Data("\(line.text)\n".utf8))
    } catch {
      // The reader has gone away ("... | head"): end as if interrupted, QEMU included.
      kill(getpid(), SIGTERM)
    }
  }

  /// What to do with the running machine: take the picture, or wait for its end.
  private func use(_ machine: QEMUMachine) async throws {
    if head > 0 {
      let size = size ?? PictureSize.standard
      Progress.say("enabling head \(head) with \(size)")
      try await machine.setDesktopSize(head: head, width: size.width, height: size.height)
      if !staysStopped { try await machine.resume() }
    }
    guard takesPictures else {
      try await Keyboard.use(for: machine) { try await machine.waitUntilEnded() }
      if let panic = machine.serial.lines.first(where: \.saysPanic) {
        throw QEMUError.panicked(panic.text)
      }
      return
    }
    let ready: SerialLine
    do {
      ready = try await machine.waitUntilReady()
    } catch let error as QEMUError {
      guard case .panicked = error, staysAfterCrash else { throw error }
      // Its crash screen is a picture too. If there is none, the machine ends.
      let shown = try await machine.serial.first { $0.text.hasPrefix("crash screen: on scanout") }
      if shown != nil { try await leaveScreenshot(machine) }
      throw error
    }
    let milliseconds = Int(ready.time / .milliseconds(1))
    Progress.say("\(ready.text.split(separator: " ")[0]) is ready after \(milliseconds) ms")
    if let animation {
      let taken = try await machine.record(head: head, for: .seconds(2), rate: 10)
      guard let file = taken.animation.file(milliseconds: taken.milliseconds) else {
        throw ValidationError("The guest ended before there was a picture.")
      }
      try OutputFile.write(file, to: animation)
      Progress.say("wrote \(animation)")
    }
    try await leaveScreenshot(machine)
  }

  private func leaveScreenshot(_ machine: QEMUMachine) async throws {
    guard let screenshot else { return }
    try await machine.screenshot(head: head, to: screenshot)
    Progress.say("wrote \(screenshot)")
  }

  /// Whether the machine ends when its pictures are taken.
  private var takesPictures: Bool { screenshot != nil || animation != nil }

  /// Whether a crash of the guest stays on its display.
  private var staysAfterCrash: Bool {
    append?.split(separator: " ").contains("crash=halt") == true
  }

  /// Whether the user wants the processor stopped, for a debugger to continue it.
  private var staysStopped: Bool { gdb || qemuArguments.contains("-S") }

  private func configure(_ machine: inout MachineConfiguration) {
    machine.accelerator = accel
    machine.cpu = cpu
    machine.memoryMiB = memory
    machine.append = append
    machine.devices = device
    machine.extraArguments = qemuArguments
    machine.hasDebugger = gdb
    machine.startsStopped = staysStopped
    machine.hasInput = true
    let size = size ?? PictureSize.standard
    machine.gpus =
      gpu.isEmpty ? ["virtio-gpu-pci,xres=\(size.width),yres=\(size.height)"] : gpu
    if head > 0 {
      // Only a VNC client can plug in a further head, and only then does the guest find it.
      machine.display = .heads(head + 1)
      machine.startsStopped = true
      if !machine.gpus[0].contains("max_outputs=") {
        machine.gpus[0] += ",max_outputs=\(head + 1)"
      }
    } else if headless || takesPictures {
      machine.display = .none
    } else if Desktop.isPresent {
      machine.display = .window
    } else {
      Progress.say("no desktop found (neither DISPLAY nor WAYLAND_DISPLAY is set): no window")
      machine.display = .none
    }
  }
}
