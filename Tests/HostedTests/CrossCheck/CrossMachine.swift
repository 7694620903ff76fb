import Foundation
import Testing
import VirtIO
import VirtIOPCI
import VirtIOTesting

/// A GPU of QEMU's, and the model set up like it.
enum CrossMachine {
  /// On PCI.
  case pci
  /// The same, with packed queues on offer.
  case packed
  /// Without PCI: its registers lie in memory.
  case memory
  /// The same, as it was before VirtIO 1.0.
  case legacy
  /// A place in memory where there may be a device, and is none.
  case empty
  /// On PCI, its memory behind an IOMMU, perhaps.
  case translated

  private var isInMemory: Bool {
    switch self {
    case .memory, .legacy, .empty: true
    case .pci, .packed, .translated: false
    }
  }

  /// QEMU's machine.
  var configuration: MachineConfiguration {
    var configuration: MachineConfiguration
    switch self {
    case .pci: configuration = HostedMachine.configuration(width: 64, height: 48)
    case .packed: configuration = HostedMachine.configuration(width: 64, height: 48, "packed=on")
    case .translated:
      configuration = HostedMachine.configuration(width: 64, height: 48, "iommu_platform=on")
    case .memory, .legacy, .empty:
      configuration = MachineConfiguration()
      configuration.gpus = ["virtio-gpu-device,id=gpu0,xres=64,yres=48"]
      configuration.memoryMiB = 128
      let isLegacy = self == .legacy
      configuration.extraArguments = ["-global", "virtio-mmio.force-legacy=\(isLegacy)"]
    }
    configuration.display = .heads(1)
    return configuration
  }

  /// The model's.
  var twin: ModelConfiguration {
    var configuration = ModelConfiguration()
    // What QEMU offers: EDID, indirect descriptors, event index, VERSION_1, ring reset. That reset is
    // done at once.
    configuration.offeredFeatures = 0x101_3000_0002
    configuration.outputs = [.init(width: 64, height: 48)]
    configuration.edid = Array(repeating: 0, count: 1024)
    configuration.queueResetReadCount = 0
    switch self {
    case .pci: break
    case .packed: configuration.offeredFeatures |= CrossDriver.packed
    case .translated: configuration.offeredFeatures |= CrossDriver.accessPlatform
    case .memory:
      configuration.bus = .memory
      // QEMU's slots allow the same for every queue.
      configuration.queueSizes = [1024, 1024]
    case .legacy:
      configuration.bus = .memory
      configuration.offeredFeatures &= 0xffff_ffff
      configuration.faults = [.init(on: .read(.version), count: .max, .value(1))]
    case .empty:
      configuration.bus = .memory
      configuration.faults = [.init(on: .read(.deviceID), count: .max, .value(0))]
    }
    return configuration
  }

  /// A driver of QEMU's device.
  func driver(
    on machine: HostedMachine, resize: @escaping (Int, Int) throws -> Void
  ) throws -> CrossDriver {
    let isSoon: (() -> Bool) -> Bool = { condition in
      let deadline = ContinuousClock.now + .seconds(2)
      while !condition() {
        guard ContinuousClock.now < deadline, machine.failure == nil else { return false }
        usleep(100)
      }
      return true
    }
    guard isInMemory else {
      return CrossDriver(
        try machine.function(ofType: 16), on: machine.platform, isSoon: isSoon, resize: resize)
    }
    let slot = machine.slots.first { ($0.read32(at: 0x008) == 16) != (self == .empty) }
    return CrossDriver(
      try #require(slot), on: machine.platform, isSoon: isSoon, resize: resize)
  }

  /// A driver of the model.
  func driver(on machine: ModelMachine) throws -> CrossDriver {
    // The model has done all that it will do when an access returns.
    let isSoon: (() -> Bool) -> Bool = { condition in condition() || condition() }
    let resize: (Int, Int) throws -> Void = { width, height in
      machine.setOutput(0, to: .init(width: UInt32(width), height: UInt32(height)))
    }
    if isInMemory {
      return CrossDriver(machine.slot, on: machine.platform, isSoon: isSoon, resize: resize)
    }
    let bridge = try #require(machine.makeHostBridge())
    _ = bridge.configure()
    let function = try #require(
      bridge.function(at: PCIAddress(bus: 0, device: 1, function: 0)))
    return CrossDriver(function, on: machine.platform, isSoon: isSoon, resize: resize)
  }
}
