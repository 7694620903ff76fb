import Testing
import VirtIO

@testable import VirtIOPCI

/// A VirtIO function somebody else found, and the machine it is in.
struct PCITransportRig {
  let machine = FakeMachine()
  let registers = FakeRegisters()
  let function: FakeFunction
  /// How long BAR 4 is; nil if it has no address.
  var barByteCount: UInt? = 0x4000

  init(deviceID: UInt16 = 0x1050) {
    function = FakeFunction(deviceID: deviceID, bars: [])
    machine.root = [0x10: function]
    machine.registers = registers
  }

  /// Gives the function the capabilities of a device that behaves.
  func addStructures(multiplier: UInt32 = 4, commonByteCount: UInt32 = 0x38) {
    function.addVirtIO(1, offset: 0, byteCount: commonByteCount)
    function.addVirtIO(3, offset: 0x1000, byteCount: 1)
    function.addVirtIO(4, offset: 0x2000, byteCount: 0x1000)
    function.addVirtIO(2, offset: 0x3000, byteCount: 0x1000, multiplier: multiplier)
  }

  /// The function, as a kernel with a PCI of its own would describe it.
  func describe() throws -> PCIFunction<FakeMachine> {
    let configuration = try #require(
      RegisterWindow(
        machine, base: FakeMachine.ecamBase + (0x10 << 12), byteCount: 4096))
    var bars = FixedArray<6, RegisterWindow<FakeMachine>?>(repeating: nil)
    if let barByteCount {
      bars[4] = RegisterWindow(machine, base: registers.base, byteCount: barByteCount)
    }
    return PCIFunction(
      address: PCIAddress(bus: 0, device: 2, function: 0), configuration: configuration, bars: bars)
  }

  func makeTransport(maximumVectorCount: Int = 3) throws -> PCITransport<FakeMachine> {
    try PCITransport(describe(), deviceType: 16, maximumVectorCount: maximumVectorCount)
  }

  /// Why there is no transport; nil if there is one.
  func refusal() throws -> PCIError? {
    let function = try describe()
    do throws(PCIError) {
      _ = try PCITransport(function, deviceType: 16)
      return nil
    } catch {
      return error
    }
  }
}
