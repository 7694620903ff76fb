/// A QEMU `virt` machine: everything that its command line says.
public struct MachineConfiguration: Sendable {
  /// Where the pictures go.
  public enum Display: Sendable, Equatable {
    /// Nowhere; a screenshot still shows head 0 of each GPU.
    case none
    /// A window on the user's desktop, whatever kind QEMU prefers there.
    case window
    /// One VNC server a head of the first GPU, on sockets in the run's own folder.
    ///
    /// The only way to enable heads after the first: see ``QEMUMachine/setDesktopSize(head:width:height:)``.
    case heads(Int)
  }

  /// The kernel image, `.elf` or `.img`; nil for a machine without software.
  public var image: String?
  /// Further options of `-M virt`, such as `highmem=off`.
  public var machineOptions: [String] = []
  /// The processor; nil for one that suits the accelerator.
  public var cpu: String?
  /// RAM, in MiB.
  public var memoryMiB = 256
  /// What executes the instructions.
  public var accelerator = Accelerator.tcg
  /// Devices that come before the GPUs: the bridges they sit behind, for instance.
  public var devices: [String] = []
  /// The GPUs, as `-device` takes them.
  ///
  /// One that names no `id` gets `gpu0`, `gpu1` and so on, by position.
  public var gpus = ["virtio-gpu-pci"]
  /// Whether there are a keyboard and a tablet, behind the GPUs.
  public var hasInput = false
  /// Where the pictures go.
  public var display = Display.none
  /// The kernel's arguments.
  public var append: String?
  /// Anything else for QEMU's command line.
  public var extraArguments: [String] = []
  /// What QEMU logs: the items of its `-d`.
  public var logItems = ["guest_errors"]
  /// Trace events to log, by name or pattern, such as `virtio_gpu_cmd_*`.
  public var traceEvents: [String] = []
  /// Whether registers and memory can be reached from outside: opens QEMU's qtest socket.
  public var hasTestAccess = false
  /// Whether a debugger may connect: see ``QEMUMachine/debuggerPort()``.
  public var hasDebugger = false
  /// Whether the processor waits for ``QEMUMachine/resume()``.
  public var startsStopped = false
  /// Whether RAM lies in a file of the run's own folder, so that this process can map it too.
  public var sharesMemory = false

  /// A machine with one GPU that boots `image`.
  public init(image: String) {
    self.image = image
  }

  /// A machine with one GPU and no software: what ``HostedMachine`` drives.
  public init() {}

  /// The `id` of each GPU, by which QMP and VNC know it.
  public var gpuIdentifiers: [String] {
    gpus.enumerated().map { index, gpu in
      for property in gpu.split(separator: ",") where property.hasPrefix("id=") {
        return String(property.dropFirst(3))
      }
      return "gpu\(index)"
    }
  }

  /// Whether a line of QEMU's log is one of the trace events asked for.
  func isTraced(_ line: String) -> Bool {
    guard let event = TraceLine(line) else { return false }
    return traceEvents.contains { GPUTrace.matches($0, event.name) }
  }

  /// Where RAM lies, if ``sharesMemory``.
  static func memoryFile(in folder: TemporaryFolder) -> String { folder.file("ram") }

  /// QEMU's arguments, with the run's own sockets and log in `folder`.
  func arguments(in folder: TemporaryFolder) -> [String] {
    let backend = sharesMemory ? ["memory-backend=ram"] : []
    var arguments = [
      "-M", (["virt"] + machineOptions + backend).joined(separator: ","),
      "-cpu", cpu ?? accelerator.defaultCPU,
      "-m", "\(memoryMiB)M",
      "-accel", accelerator.resolved.rawValue,
      "-nodefaults", "-nic", "none", "-serial", "stdio", "-monitor", "none", "-no-reboot",
      // Always stopped at first, so that a guest cannot end before we have connected.
      "-S", "-qmp", "unix:\(folder.file("qmp")),server=on,wait=off",
    ]
    if let image { arguments += ["-kernel", image] }
    if sharesMemory {
      let file = "mem-path=\(Self.memoryFile(in: folder)),share=on"
      arguments += ["-object", "memory-backend-file,id=ram,size=\(memoryMiB)M,\(file)"]
    }
    if let append { arguments += ["-append", append] }
    for device in devices { arguments += ["-device", device] }
    for (gpu, identifier) in zip(gpus, gpuIdentifiers) {
      let named = gpu.split(separator: ",").contains { $0.hasPrefix("id=") }
      arguments += ["-device", named ? gpu : "\(gpu),id=\(identifier)"]
    }
    if hasInput { arguments += ["-device", "virtio-keyboard-pci", "-device", "virtio-tablet-pci"] }
    switch display {
    case .none:
      arguments += ["-display", "none"]
    case .window:
      break
    case .heads(let count):
      for head in 0..<count {
        let server =
          "unix:\(folder.file("vnc\(head)")),id=vnc\(head),"
          + "display=\(gpuIdentifiers.first ?? "gpu0"),head=\(head)"
        arguments += head == 0 ? ["-display", "vnc=\(server)"] : ["-vnc", server]
      }
    }
    if hasTestAccess {
      arguments += ["-qtest", "unix:\(folder.file("qtest")),server=on,wait=off"]
      arguments += ["-qtest-log", "/dev/null"]
    }
    // QEMU looks for a free port, of this computer only.
    if hasDebugger { arguments += ["-gdb", "tcp:127.0.0.1:0"] }
    if !logItems.isEmpty { arguments += ["-d", logItems.joined(separator: ",")] }
    for event in traceEvents { arguments += ["-trace", event] }
    if !logItems.isEmpty || !traceEvents.isEmpty { arguments += ["-D", folder.file("log")] }
    return arguments + extraArguments
  }
}
