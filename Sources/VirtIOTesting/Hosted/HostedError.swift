/// What a hosted machine, or a driver on it, cannot do.
public enum HostedError: Error, Sendable, Equatable, CustomStringConvertible {
  /// QEMU's RAM could not be mapped into this process.
  case memoryNotMapped(reason: String)
  /// QEMU's device tree does not describe a PCI host bridge.
  case noPCIHost
  /// The machine has no VirtIO device of this type, or not so many.
  case noDevice(type: UInt16, index: Int)
  /// The function has no MSI-X capability, or its table has no address.
  case noMessageVectors
  /// The function has no such vector.
  case noMessageVector(Int, count: Int)
  /// The driver gave memory back that it did not have.
  case freedTwice(address: UInt64)
  /// The driver asked for memory in a way that the platform does not allow.
  case badAllocation(byteCount: Int, alignment: Int)

  /// The sentence for the user.
  public var description: String {
    switch self {
    case .memoryNotMapped(let reason):
      "QEMU's RAM could not be mapped: \(reason)"
    case .noPCIHost:
      "QEMU's device tree has no node 'pci-host-ecam-generic'; this needs the machine 'virt'."
    case .noDevice(let type, let index):
      "The machine has no VirtIO device of type \(type) with number \(index), counted from 0."
    case .noMessageVectors:
      "The function has no MSI-X table; leave out 'vectors=0', and enumerate PCI first."
    case .noMessageVector(let vector, let count):
      "The function has no MSI-X vector \(vector), only \(count) of them."
    case .freedTwice(let address):
      "The driver gave back memory at 0x\(String(address, radix: 16)) that it did not have."
    case .badAllocation(let byteCount, let alignment):
      "The driver asked for \(byteCount) bytes aligned to \(alignment); the length must be "
        + "positive and the alignment a power of two up to 4096."
    }
  }
}
