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
      name: "a distributor that is not there", old: cells([0, 0x800_0000]),
      new: cells([0, nowhere]),
      lines: [
        "interrupts: none, everything polls: the distributor says that it is something else: 0xffffffff"
      ]),
    InterruptFault(
      name: "an MSI frame that is not there", old: cells([0, 0x802_0000]),
      new: cells([0, nowhere]),
      lines: [
        "interrupts: no messages: the MSI frame says that it is something else: 0xffffffff",
        "interrupts: 0:1.0 by INTx: 36",
      ]),
    InterruptFault(
      name: "an ITS that is not there", machine: "gic-version=3", old: cells([0, 0x808_0000]),
      new: cells([0, nowhere]),
      lines: [
        "interrupts: no messages: the ITS says that it is something else: 0xffffffff",
        "interrupts: 0:1.0 by INTx: 36",
      ]),
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
