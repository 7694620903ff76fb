import Testing

/// Something wrong, and what is said of it.
struct InterruptFault: Sendable, CustomTestStringConvertible {
  var name: String
  var machine = "gic-version=2"
  var gpu = "addr=1"
  /// What is replaced in the tree, and by what.
  var old: [UInt8]
  var new: [UInt8]
  /// Lines that are said.
  var lines: [String]

  var testDescription: String { name }
}

extension InterruptFault {
  private static func cells(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) } }
  }

  /// In the PCI window, where nothing answers: all ones.
  private static let nowhere: UInt32 = 0x2000_0000
  /// Where the bus refuses every access.
  private static let void: UInt32 = 0x0b00_0000

  /// A part that is nowhere; and what there is instead.
  private static func absent(
    _ name: String, _ machine: String, _ address: UInt32, _ outcome: String, _ part: String
  ) -> InterruptFault {
    InterruptFault(
      name: "\(name) that is not there, \(machine)", machine: machine, old: cells([0, address]),
      new: cells([0, void]),
      lines: [
        "interrupts: \(outcome): nothing answers where the device tree has the \(part): 0xb000000"
      ] + (outcome == "no messages" ? ["interrupts: 0:1.0 by INTx: 36"] : []))
  }

  static let all: [InterruptFault] = [
    InterruptFault(
      name: "no GIC", old: Array("arm,cortex-a15-gic".utf8), new: Array("arm,cortex-a15-gix".utf8),
      lines: ["interrupts: none, everything polls: the device tree names no GIC"]),
    InterruptFault(
      name: "no timer", old: Array("arm,armv8-timer".utf8), new: Array("arm,armv8-clock".utf8),
      lines: [
        "interrupts: none, everything polls: the device tree names no interrupt of the virtual timer"
      ]),
    InterruptFault(
      name: "a distributor of all ones", old: cells([0, 0x800_0000]),
      new: cells([0, nowhere]),
      lines: [
        "interrupts: none, everything polls: the distributor says that it is something else: 0xffffffff"
      ]),
    InterruptFault(
      name: "an MSI frame of all ones", old: cells([0, 0x802_0000]),
      new: cells([0, nowhere]),
      lines: [
        "interrupts: no messages: the MSI frame says that it is something else: 0xffffffff",
        "interrupts: 0:1.0 by INTx: 36",
      ]),
    InterruptFault(
      name: "an ITS of all ones", machine: "gic-version=3", old: cells([0, 0x808_0000]),
      new: cells([0, nowhere]),
      lines: [
        "interrupts: no messages: the ITS says that it is something else: 0xffffffff",
        "interrupts: 0:1.0 by INTx: 36",
      ]),
    absent(
      "a distributor", "gic-version=2", 0x800_0000, "none, everything polls", "distributor"),
    absent(
      "a distributor", "gic-version=3", 0x800_0000, "none, everything polls", "distributor"),
    absent(
      "a CPU interface", "gic-version=2", 0x801_0000, "none, everything polls", "CPU interface"),
    absent(
      "redistributors", "gic-version=3", 0x80a_0000, "none, everything polls", "redistributor"),
    InterruptFault(
      name: "a version 2 that is said to be a version 3", old: Array("arm,cortex-a15-gic".utf8),
      new: Array("arm,gic-v3\0.......".utf8),
      lines: [
        "interrupts: none, everything polls: nothing answers where the device tree has the distributor: "
          + "0x8000000"
      ]),
    absent("an MSI frame", "gic-version=2", 0x802_0000, "no messages", "MSI frame"),
    absent("an ITS", "gic-version=3", 0x808_0000, "no messages", "ITS"),
    InterruptFault(
      name: "a pin that leads nowhere", gpu: "addr=1,vectors=0",
      old: cells([0x800, 0, 0, 1, 0x8002, 0, 0, 0, 4, 4]),
      new: cells([0x800, 0, 0, 1, 0x8002, 0, 0, 0, 4, 0]),
      lines: [
        "interrupts: 1 entries of interrupt-map make no sense",
        "interrupts: 0:1.0 is polled: nothing leads from it to the CPU",
      ]),
  ]
}
