import Foundation
import KernelDeviceTree
import Testing

/// The bytes of a tree, to be read whole, cut or changed.
struct Blob {
  static let names = [
    "virt-default", "virt-highmem-off-64m", "virt-el2-smc", "virt-numa-6g", "virt-gicv3-its",
    "virt-secure", "board",
  ]

  var bytes: [UInt8]

  init(_ name: String) throws {
    let url = try #require(
      Bundle.module.url(forResource: name, withExtension: "dtb", subdirectory: "Fixtures"))
    bytes = try [UInt8](Data(contentsOf: url))
  }

  /// A tree of a structure block made by hand, with `reg` as its only property name.
  init(structure: [UInt32], strings: [UInt8] = Array("reg\0".utf8)) {
    bytes = []
    let structureCount = UInt32(structure.count * 4)
    let header: [UInt32] = [
      0xD00D_FEED, 56 + structureCount + UInt32(strings.count), 56, 56 + structureCount, 40, 17, 16,
      0, UInt32(strings.count), structureCount, 0, 0, 0, 0,
    ]
    for word in header + structure { append(word) }
    bytes += strings
  }

  mutating func append(_ word: UInt32) {
    bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  subscript(word offset: Int) -> UInt32 {
    get { (0..<4).reduce(0) { $0 << 8 | UInt32(bytes[offset + $1]) } }
    set {
      for index in 0..<4 {
        bytes[offset + index] = UInt8(truncatingIfNeeded: newValue >> (24 - 8 * index))
      }
    }
  }

  /// What the reader makes of it: a description, and the error that it ended with.
  func read() -> (machine: MachineDescription, error: DeviceTreeError?) {
    var machine = MachineDescription()
    do throws(DeviceTreeError) {
      try machine.read(DeviceTree(bytes.span))
      return (machine, nil)
    } catch {
      return (machine, error)
    }
  }

  func text(_ value: DeviceTreeValue) throws -> String {
    let tree = try DeviceTree(bytes.span)
    let span = tree.text(of: value)
    return String(decoding: span.indices.map { span[$0] }, as: UTF8.self)
  }
}

extension BoundedList {
  var array: [Element] { (0..<count).map { self[$0] } }
}

extension AddressRange {
  init(_ base: UInt64, _ byteCount: UInt64) {
    self.init(base: base, byteCount: byteCount)
  }
}

/// What can be compared of a description, as text.
func summary(_ machine: MachineDescription) -> String {
  let hosts = machine.pciHosts.array.map {
    "\($0.configuration) \($0.firstBus)-\($0.lastBus) \($0.isDMACoherent) \($0.windows.array)"
  }
  return """
    \(machine.memory.array) \(machine.reservations.array) \(machine.uart as Any) \
    \(machine.psci as Any) \(hosts) \(machine.bootArguments)
    """
}

/// Does what `#expect` does where its operands cannot escape, which the macro does not allow.
func expect(_ condition: Bool, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(condition, sourceLocation: sourceLocation)
}

/// Does what `#require` does where its operand cannot escape.
func require<Value>(
  _ value: Value?, sourceLocation: SourceLocation = #_sourceLocation
) throws -> Value {
  try #require(value, sourceLocation: sourceLocation)
}
