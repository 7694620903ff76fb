import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Lies of the configuration space, by the ids of the catalogue of hostile devices: the device is refused or
/// used as far as it makes sense, and once it tells the truth there is a picture.
@Suite("Hostile discovery") struct DiscoveryFaultTests {
  /// Where the model has its capabilities for the common configuration and the device's.
  private static let common = 0x40
  private static let device = 0x60

  /// A machine of which a read of configuration space says something else.
  private func machine(_ offset: Int, _ value: UInt32) -> ModelMachine {
    HostileCase.machine {
      $0.faults = [ModelFault(on: .read(.configurationSpace(offset)), count: .max, .value(value))]
    }
  }

  /// Why a machine's device is refused; nil if it is not.
  private func refusal(of machine: ModelMachine) throws -> PCIError? {
    do throws(PCIError) {
      _ = try machine.makeTransport()
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "P08: a capability pointer that leads nowhere: refused, nothing kept, and a picture afterwards",
    arguments: [0xff, 0x04, 0x3c, 0x3f] as [UInt32])
  func strayPointer(_ pointer: UInt32) throws {
    for offset in [0x34, Self.common] {
      // The second is the pointer in the first capability, behind its id.
      let machine = machine(offset, offset == 0x34 ? pointer : pointer << 8 | 9)
      #expect(try refusal(of: machine) != nil)
      try HostileCase.end(nil, on: machine, .reset)
      #expect(machine.violations == [])
    }
  }

  @Test("P08: the lowest two bits of a capability pointer mean nothing", arguments: [1, 2, 3])
  func unalignedPointer(_ bits: UInt32) throws {
    let machine = machine(0x34, UInt32(Self.common) | bits)
    try HostileCase.end(try machine.open(), on: machine, .goesOn)
    #expect(machine.violations == [])
  }

  @Test(
    "P09: capabilities that lead in circles: refused, nothing kept, and a picture afterwards",
    arguments: [0x40, 0x50, 0x60])
  func circle(_ last: Int) throws {
    // This capability leads back to the first.
    let machine = machine(last, UInt32(Self.common) << 8 | 9)
    #expect(try refusal(of: machine) == .capabilityListLoops)
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test(
    "P27: a common configuration that is too short: refused, nothing kept, and a picture afterwards",
    arguments: [0, 1, 8, 0x37] as [UInt32])
  func shortCommon(_ byteCount: UInt32) throws {
    let machine = machine(Self.common + 12, byteCount)
    #expect(try refusal(of: machine) != nil)
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test(
    "P27: a device configuration that is too short: refused, nothing kept, and a picture afterwards",
    arguments: [4, 8, 12, 15] as [UInt32])
  func shortDevice(_ byteCount: UInt32) throws {
    let machine = machine(Self.device + 12, byteCount)
    #expect(
      try HostileCase.refusal(of: machine)
        == .device(.configurationTooSmall(byteCount: UInt(byteCount), needed: 16)))
    try HostileCase.end(nil, on: machine, .reset)
    #expect(machine.violations == [])
  }

  @Test(
    "H16: a queue that is not there is an error that names it; when it is there, there is a picture",
    arguments: [0, 1] as [UInt16])
  func missingQueue(_ index: UInt16) throws {
    let machine = HostileCase.machine {
      // A size that is written is read again, before the next queue is looked at.
      $0.queueSizes = [128, 128]
      $0.faults = [
        ModelFault(on: .read(.queueSize), skipping: 2 * Int(index), count: .max, .value(0))
      ]
    }
    #expect(
      try HostileCase.refusal(of: machine) == .device(.queueMissing(index: index)))
    try HostileCase.end(nil, on: machine, .reset)
  }
}
