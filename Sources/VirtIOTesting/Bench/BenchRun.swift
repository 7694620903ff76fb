/// One boot of the Bench image.
package struct BenchRun: Sendable {
  /// What is looked at, as looking has its price.
  package enum Purpose: Sendable {
    /// How long things take on the processor as it is, and when QEMU begins and ends its part.
    case times
    /// How many instructions, accesses, commands and interrupts there are.
    case counts
    /// Each instruction that is executed at some addresses, as QEMU itself sees it.
    case instructions(at: [Range<UInt64>])
  }

  /// What a boot left.
  package struct Result: Sendable {
    /// What the guest said of its loops, in order.
    package let lines: [BenchLine]
    /// How many bytes the driver keeps, without pixels.
    package let memoryByteCount: Int?
    /// What QEMU saw.
    package let log: [String]

    /// What QEMU saw of each loop; not of a run for ``Purpose/instructions(at:)``.
    package var trace: BenchTrace { BenchTrace(log: log) }

    /// What the guest said of a loop the first time.
    package func line(_ name: String) -> BenchLine? { lines.first { $0.name == name } }
  }

  private let configuration: MachineConfiguration

  /// A boot of `image` with a display of a size.
  ///
  /// - Parameters:
  ///   - image: The path of the image.
  ///   - properties: Of the device, as `packed=on`, beside its size.
  ///   - arguments: The kernel's.
  ///   - purpose: What is looked at.
  package init(
    image: String, width: Int, height: Int, properties: String? = nil, arguments: String,
    purpose: Purpose
  ) {
    var machine = MachineConfiguration(image: image)
    let device = "virtio-gpu-pci,xres=\(width),yres=\(height)"
    machine.gpus = [[device, properties].compactMap(\.self).joined(separator: ",")]
    machine.append = arguments
    switch purpose {
    case .times:
      machine.traceEvents = BenchTrace.events
      machine.extraArguments = ["-msg", "timestamp=on"]
    case .counts:
      machine.traceEvents = BenchTrace.events
      machine.extraArguments = ["-icount", "shift=0,sleep=off"]
    case .instructions(let addresses):
      machine.logItems = ["exec", "nochain"]
      let filter = addresses.map { "\($0.lowerBound)+\($0.count)" }.joined(separator: ",")
      machine.extraArguments = [
        "-icount", "shift=0,sleep=off", "-singlestep", "-dfilter", filter,
      ]
    }
    configuration = machine
  }

  /// Boots it and waits for its end.
  ///
  /// - Throws: ``QEMUError``, also if the guest panics or ends without having said that it is done.
  package func run(deadline: Duration = .seconds(300)) async throws -> Result {
    try await QEMUMachine.run(configuration, deadline: deadline) { machine in
      try await machine.waitUntilEnded()
      let texts = machine.serial.lines.map(\.text)
      if let panic = machine.serial.lines.first(where: \.saysPanic) {
        throw QEMUError.panicked(panic.text)
      }
      guard texts.contains("DONE") else { throw machine.ended(waitingFor: "a DONE line") }
      let memory = texts.first { $0.hasPrefix("ram=") }.flatMap { text in
        Int(text.dropFirst(4).prefix { $0.isNumber })
      }
      return Result(
        lines: texts.compactMap(BenchLine.init), memoryByteCount: memory, log: machine.log())
    }
  }
}
