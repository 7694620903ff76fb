/// Why a PCI function cannot be driven as a VirtIO device.
public enum PCIError: Error, Equatable, Sendable {
  /// The function is not a VirtIO device of the type asked for.
  case wrongDevice(vendorID: UInt16, deviceID: UInt16)
  /// The capability list is longer than the space it lies in, so it loops.
  case capabilityListLoops
  /// The capability list points to where there can be no capability.
  case capabilityOutsideConfiguration(offset: UInt8)
  /// There is no VirtIO capability at all: a legacy device, which this driver does not touch.
  case legacyDevice
  /// No usable structure of this kind; `rejected` is the last one that was there but not usable.
  case structureMissing(kind: VirtIOStructure.Kind, rejected: VirtIOStructure?)
  /// The command register does not keep the bits that let the function decode memory and reach it.
  case commandIgnored(found: UInt16)
}
