import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// The driver's PCI enumeration on QEMU's buses.
@Suite struct EnumerationTests {
  /// A machine, and where its GPU is.
  struct Shape: Sendable, CustomTestStringConvertible {
    let name: String
    let address: PCIAddress
    var functionCount = 2
    var machineOptions: [String] = []
    var devices: [String] = []
    var properties = ""

    var testDescription: String { name }

    static func at(_ bus: UInt8, _ device: UInt8, _ function: UInt8 = 0) -> PCIAddress {
      PCIAddress(bus: bus, device: device, function: function)
    }
  }

  static let shapes = [
    Shape(name: "on the root bus", address: Shape.at(0, 1)),
    Shape(name: "in slot 31", address: Shape.at(0, 31), properties: "addr=1f.0"),
    Shape(
      name: "function 3 of a slot", address: Shape.at(0, 1, 3), functionCount: 3,
      devices: ["virtio-rng-pci,addr=01.0,multifunction=on"], properties: "addr=01.3"),
    Shape(
      name: "behind a root port", address: Shape.at(1, 0), functionCount: 3,
      devices: ["pcie-root-port,id=root,chassis=1"], properties: "bus=root"),
    Shape(
      name: "behind a bridge behind a root port", address: Shape.at(2, 3), functionCount: 4,
      devices: ["pcie-root-port,id=root,chassis=1", "pcie-pci-bridge,id=bridge,bus=root"],
      properties: "bus=bridge,addr=03.0"),
    Shape(
      name: "behind the second of two root ports", address: Shape.at(2, 0), functionCount: 5,
      devices: [
        "pcie-root-port,id=one,chassis=1", "pcie-root-port,id=two,chassis=2",
        "virtio-rng-pci,bus=one",
      ], properties: "bus=two"),
    Shape(name: "highmem=off", address: Shape.at(0, 1), machineOptions: ["highmem=off"]),
    Shape(
      name: "highmem=off, behind a root port", address: Shape.at(1, 0), functionCount: 3,
      machineOptions: ["highmem=off"], devices: ["pcie-root-port,id=root,chassis=1"],
      properties: "bus=root"),
  ]

  @Test(
    """
    F-ENUM, F-PCI, S1, PCI-DISC-1, PCI-LAY-1: a GPU is found and works wherever it is
    """, arguments: shapes)
  func findsTheGPU(_ shape: Shape) async throws {
    var configuration = HostedMachine.configuration(shape.properties)
    configuration.machineOptions = shape.machineOptions
    configuration.devices = shape.devices
    try await HostedMachine.run(configuration) { machine in
      let host = machine.hostBridge
      let report = host.configure()
      #expect(report.functionCount == shape.functionCount)
      #expect(report.unassignedBARCount == 0 && report.closedBridgeCount == 0)
      let function = try machine.function(ofType: Screen.deviceType)
      #expect(function.address == shape.address)
      // Configuring twice changes nothing: what has an address keeps it.
      let before = host.configuration(of: function.address)?.read32(at: 0x20)
      #expect(host.configure() == report)
      #expect(host.configuration(of: function.address)?.read32(at: 0x20) == before)

      // BAR 4 holds the VirtIO structures; it is prefetchable and has 64 bits.
      let bar = try #require(function.bars[4])
      let windows = shape.machineOptions.isEmpty ? host.memory64 : host.memory32
      let window = try #require(windows)
      #expect(bar.byteCount == 0x4000)
      #expect(UInt64(bar.base) >= window.cpuBase)
      #expect(UInt64(bar.base) + 0x4000 <= window.cpuBase + window.byteCount)

      var display = try Screen.open(
        machine.transport(function), on: machine.platform, waiting: .polling(.seconds(2)))
      #expect(display.scanoutCount == 1)
      let frame = try display.nextFrame(waiting: .polling(.seconds(1)))
      try display.finish(try display.present(frame), waiting: .polling(.seconds(1)))
      try display.close(waiting: .polling(.seconds(1)))
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("PCI-DISC-1: two GPUs of one machine work side by side")
  func twoGPUs() async throws {
    var configuration = MachineConfiguration()
    configuration.gpus = [
      "virtio-gpu-pci,xres=320,yres=200", "virtio-gpu-pci,xres=400,yres=300",
    ]
    try await HostedMachine.run(configuration) { machine in
      // Both are found before either is in service.
      let functions = try [0, 1].map { try machine.function(ofType: 16, index: $0) }
      var first = try Screen.open(
        machine.transport(functions[0]), on: machine.platform, waiting: .polling(.seconds(2)))
      var second = try Screen.open(
        machine.transport(functions[1]), on: machine.platform, waiting: .polling(.seconds(2)))
      let left = ExpectedPicture(width: 320, height: 200, seed: 1)
      let right = ExpectedPicture(width: 400, height: 300, seed: 2)
      var frame = try first.nextFrame(waiting: .polling(.seconds(1)))
      var pixels = frame.pixels
      left.draw(in: &pixels)
      var other = try second.nextFrame(waiting: .polling(.seconds(1)))
      var otherPixels = other.pixels
      right.draw(in: &otherPixels)
      let presentation = try first.present(frame)
      let otherPresentation = try second.present(other)
      try first.finish(presentation, waiting: .polling(.seconds(1)))
      try second.finish(otherPresentation, waiting: .polling(.seconds(1)))
      #expect(left.difference(from: try await machine.qemu.picture(gpu: 0)) == nil)
      #expect(right.difference(from: try await machine.qemu.picture(gpu: 1)) == nil)
      try first.close(waiting: .polling(.seconds(1)))
      // One driver's end is not the other's.
      let last = try second.nextFrame(waiting: .polling(.seconds(1)))
      try second.finish(try second.present(last), waiting: .polling(.seconds(1)))
      try second.close(waiting: .polling(.seconds(1)))
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test(
    """
    PCI-CAP-8, PCI-DISC-3: of configuration space, only command, BARs, bridges and MSI-X's control \
    are written
    """)
  func writesLittle() async throws {
    var configuration = HostedMachine.configuration("bus=root")
    configuration.devices = ["pcie-root-port,id=root,chassis=1"]
    try await HostedMachine.run(configuration) { machine in
      machine.trace.start()
      _ = try machine.transport()
      let accesses = machine.trace.stop()
      #expect(accesses.countInBARs == 0, "Until the driver starts, the device is not touched.")
      for access in accesses where access.isWrite {
        #expect(access.space == .configuration)
        // Command; BARs; a bridge's buses and windows; MSI-X on, but masked.
        let isAllowed =
          access.offset == 0xde && access.value == 0xc002
          || access.offset == 0x04 || (0x10..<0x28).contains(access.offset)
          || (0x18..<0x34).contains(access.offset) && access.function?.bus == 0
        #expect(isAllowed, "\(access)")
      }
      // The revision and the subsystem say nothing about a VirtIO device.
      let passedOver = accesses.filter {
        $0.function?.bus == 1 && [0x08, 0x2c, 0x2e].contains($0.offset)
      }
      #expect(passedOver == [])
      // The GPU may reach memory, and says nothing by wire.
      let last = try #require(accesses.last { $0.isWrite && $0.offset == 0x04 })
      #expect(last.description == "write16 configuration 0x4 = 0x406")
    }
  }
}
