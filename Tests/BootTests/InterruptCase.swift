import Testing
import VirtIOTesting

/// A machine, and how its GPU interrupts.
struct InterruptCase: Sendable, CustomTestStringConvertible {
  var machine: String
  var gpu = ""
  var devices: [String] = []
  var arguments: [String] = []
  /// How the line on the serial port ends.
  var way: String
  /// Whose number is acknowledged when a command is done.
  var interrupt: Int
  /// How many frames of the Showcase are shown so: many in each of the three ways there are, by number of vectors
  /// and line, and fewer where the others differ by their place only.
  var frameCount = 240

  var testDescription: String { ([machine, gpu] + devices).joined(separator: " ") }
}

extension InterruptCase {
  private static let rootPort = ["pcie-root-port,id=root,chassis=1,addr=02.0"]
  private static let bridge = rootPort + ["pcie-pci-bridge,id=bridge,bus=root"]

  static let all: [InterruptCase] = [
    InterruptCase(
      machine: "gic-version=2", way: "by MSI-X, 3 vectors: 80 81 82", interrupt: 81,
      frameCount: 600),
    InterruptCase(
      machine: "gic-version=3", way: "by MSI-X, 3 vectors: 8192 8193 8194", interrupt: 8193,
      frameCount: 600),
    InterruptCase(
      machine: "gic-version=3,its=off", gpu: "addr=1", way: "by INTx: 36", interrupt: 36,
      frameCount: 600),
    InterruptCase(
      machine: "gic-version=4,virtualization=on", way: "by MSI-X, 3 vectors: 8192 8193 8194",
      interrupt: 8193),
    InterruptCase(
      machine: "gic-version=2", gpu: "vectors=0,addr=1", way: "by INTx: 36", interrupt: 36),
    InterruptCase(
      machine: "gic-version=2", gpu: "vectors=1", way: "by MSI-X, 1 vector: 80", interrupt: 80),
    InterruptCase(
      machine: "gic-version=3", gpu: "vectors=2", way: "by MSI-X, 2 vectors: 8192 8193",
      interrupt: 8193),
    InterruptCase(
      machine: "gic-version=3", gpu: "bus=root", devices: rootPort,
      way: "by MSI-X, 3 vectors: 8192 8193 8194", interrupt: 8193),
    InterruptCase(
      machine: "gic-version=3", gpu: "bus=bridge,addr=3", devices: bridge,
      way: "by MSI-X, 3 vectors: 8192 8193 8194", interrupt: 8193),
    // Pin 1 of device 3 arrives as pin 4 at device 0 of the bus of the root port, and there as pin 4
    // at device 2: line 3 + (2 + 3) % 4.
    InterruptCase(
      machine: "gic-version=2", gpu: "vectors=0,bus=bridge,addr=3", devices: bridge,
      way: "by INTx: 36", interrupt: 36),
    InterruptCase(
      machine: "gic-version=2", gpu: "iommu_platform=on", way: "by MSI-X, 3 vectors: 80 81 82",
      interrupt: 81),
    InterruptCase(
      machine: "gic-version=3", arguments: ["-smp", "4"],
      way: "by MSI-X, 3 vectors: 8192 8193 8194",
      interrupt: 8193),
    InterruptCase(
      machine: "gic-version=2", arguments: ["-smp", "4"], way: "by MSI-X, 3 vectors: 80 81 82",
      interrupt: 81),
    // At level 2 first, which has to let level 1 have its interrupt registers.
    InterruptCase(
      machine: "gic-version=3,virtualization=on", way: "by MSI-X, 3 vectors: 8192 8193 8194",
      interrupt: 8193),
  ]
}

extension InterruptCase {
  /// The machine with an image, of which what it acknowledges is traced.
  func configuration(_ image: String) throws -> MachineConfiguration {
    var configuration = MachineConfiguration(image: try Repository.image(image))
    configuration.machineOptions = [machine]
    configuration.devices = devices
    configuration.gpus = [MachineShape.gpu(640, 480, gpu)]
    configuration.extraArguments = arguments
    configuration.traceEvents = ["gic_acknowledge_irq", "gicv3_icc_iar1_read"]
    return configuration
  }
}

extension QEMUMachine {
  /// The numbers that were acknowledged, as either version of the controller tells them.
  var acknowledgedInterrupts: [Int] { log().compactMap(Self.acknowledgedInterrupt) }

  /// The number that a line of the log says was acknowledged.
  static func acknowledgedInterrupt(_ line: String) -> Int? {
    let word = line.split(separator: " ").last.map(String.init) ?? ""
    if line.hasPrefix("gic_acknowledge_irq ") { return Int(word) }
    guard line.hasPrefix("gicv3_icc_iar1_read ") else { return nil }
    return Int(word.dropFirst(2), radix: 16)
  }
}
