import Testing
import VirtIOTesting

/// Something wrong with the device tree, put into the guest's memory before its first instruction.
struct TreeFault: Sendable, CustomTestStringConvertible {
  var name: String
  var form = ImageForm.elf
  /// Changes the tree's bytes.
  var damage: @Sendable (inout [UInt8]) -> Void

  var testDescription: String { name }

  /// Where QEMU leaves the tree of a guest with 64 MiB.
  var address: UInt64 { form == .elf ? 0x4000_0000 : 0x4200_0000 }

  /// What every tree begins with.
  static let magic: [UInt8] = [0xD0, 0x0D, 0xFE, 0xED]

  /// Enough of the tree to hold all that QEMU writes; the rest of its megabyte is empty.
  static let byteCount = 16_384
}

extension TreeFault {
  /// Sets one of the header's words.
  private static func word(_ index: Int, _ value: UInt32, _ bytes: inout [UInt8]) {
    for byte in 0..<4 {
      bytes[4 * index + byte] = UInt8(truncatingIfNeeded: value >> (24 - 8 * byte))
    }
  }

  /// Replaces each occurrence by something as long.
  static func replace(_ old: String, _ new: String, _ bytes: inout [UInt8]) {
    let (old, new) = (Array(old.utf8), Array(new.utf8))
    for start in 0...(bytes.count - old.count) where bytes[start...].starts(with: old) {
      bytes.replaceSubrange(start..<start + old.count, with: new)
    }
  }

  /// Changes where a device's registers are said to lie.
  private static func move(_ old: UInt32, to new: UInt32, _ bytes: inout [UInt8]) {
    let cells = { (address: UInt32) in
      [0, 0, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: address >> (24 - 8 * UInt32($0))) }
    }
    for start in 0...(bytes.count - 8) where bytes[start...].starts(with: cells(old)) {
      bytes.replaceSubrange(start..<start + 8, with: cells(new))
    }
  }

  /// Says nothing of caches: then devices do not look into them.
  static let noCoherence = TreeFault(name: "no dma-coherent") {
    replace("dma-coherent", "dma-cohesive", &$0)
  }

  /// Has the serial line where nobody answers.
  static let strayLine = TreeFault(name: "serial line where nothing is") {
    move(0x0900_0000, to: 0x0b00_0000, &$0)
  }

  static let all: [TreeFault] = [
    TreeFault(name: "no magic number, .elf") { word(0, 0, &$0) },
    TreeFault(name: "no magic number, .img", form: .img) { word(0, 0, &$0) },
    TreeFault(name: "nonsense throughout") {
      for index in $0.indices.dropFirst(4) { $0[index] = UInt8(truncatingIfNeeded: index &* 167) }
    },
    TreeFault(name: "total size of the header alone") { word(1, 40, &$0) },
    TreeFault(name: "structure outside the tree") { word(2, 0xFFFF_FFF0, &$0) },
    TreeFault(name: "strings outside the tree") { word(3, 0xFFFF_FFF0, &$0) },
    TreeFault(name: "no ECAM") {
      replace("pci-host-ecam-generic", "pci-host-none-generic", &$0)
    },
    TreeFault(name: "no memory") { replace("memory", "mammal", &$0) },
    strayLine,
  ]

  /// Starts a machine of 64 MiB with this fault in its tree.
  func boot(_ machine: QEMUMachine) async throws {
    let memory = try machine.connectTestAccess()
    let whole = try await memory.read(address, count: Self.byteCount)
    try #require(whole.starts(with: Self.magic), "The tree lies elsewhere in this QEMU.")
    var damaged = whole
    damage(&damaged)
    try #require(damaged != whole)
    try await memory.write(address, damaged)
    try await machine.resume()
  }

  /// A machine that such a tree can be put into.
  func configuration(image: String) throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image(image, form))
    machine.memoryMiB = 64
    machine.hasTestAccess = true
    machine.startsStopped = true
    return machine
  }
}
