import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// What our driver makes of the PCI side of a device.
@Suite struct DiscoveryTests {
  private func machine(_ capability: [UInt8], _ faults: ModelFault...) -> ModelMachine {
    var configuration = ModelConfiguration()
    if !capability.isEmpty { configuration.leadingCapabilities = [capability] }
    configuration.faults = faults
    return ModelMachine(configuration)
  }

  private func capability(_ kind: UInt8, bar: UInt8 = 4, offset: UInt8 = 0, length: UInt8 = 0x40)
    -> [UInt8]
  {
    [9, 0, 16, kind, bar, 0, 0, 0, offset, 0, 0, 0, length, 0, 0, 0]
  }

  @Test(
    "PCI-CAP-1, PCI-CAP-2, PCI-CAP-4, PCI-LAY-1: capabilities that are not usable are passed over",
    arguments: [(6, 4, 0x40), (1, 6, 0x40), (1, 255, 0x40), (1, 0, 0x40), (1, 4, 8), (10, 4, 1)])
  func unusable(_ kind: UInt8, _ bar: UInt8, _ length: UInt8) throws {
    let machine = machine(capability(kind, bar: bar, length: length))
    try machine.open().close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("PCI-CAP-3, PCI-CAP-6: capabilities and structures longer than they need be")
  func long() throws {
    var leading = capability(1, length: 0x40)
    leading[2] = 20
    leading[13] = 0x10
    leading += [1, 2, 3, 4]
    let machine = machine(leading)
    try machine.open().close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("PCI-LAY-2, PCI-LAY-3: no capability at all is a legacy device, and is left alone")
  func legacy() throws {
    let machine = machine(
      [], ModelFault(on: .read(.configurationSpace(0x34)), count: .max, .value(0)))
    #expect(throws: PCIError.legacyDevice) { _ = try machine.makeTransport() }
    #expect(machine.finish() == [])
  }

  @Test("PCI-DISC-1, PCI-DISC-3: another device, and any revision") func identity() throws {
    let other = machine(
      [], ModelFault(on: .read(.configurationSpace(2)), count: .max, .value(0x1041)))
    #expect(throws: PCIError.wrongDevice(vendorID: 0x1af4, deviceID: 0x1041)) {
      _ = try other.makeTransport()
    }
    let revised = machine(
      [], ModelFault(on: .read(.configurationSpace(8)), count: .max, .value(0x77)))
    try revised.open().close(waiting: patience)
    #expect(revised.finish() == [])
  }
}
