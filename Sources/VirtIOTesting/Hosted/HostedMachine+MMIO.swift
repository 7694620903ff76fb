public import VirtIO
import VirtIOMMIO

extension HostedMachine {
  /// The places in memory where the device tree says that a VirtIO device may be, in its order.
  public var slots: [RegisterWindow<HostedAccess>] {
    tree.nodes(compatibleWith: "virtio,mmio").compactMap { node in
      guard let registers = node["reg"], registers.count == 16 else { return nil }
      return RegisterWindow(
        access, base: UInt(number(registers[0..<8])), byteCount: UInt(number(registers[8..<16])))
    }
  }

  /// Looks at all these places, as a kernel does, and finds a device.
  ///
  /// - Parameters:
  ///   - deviceType: The type: 16 is a GPU.
  ///   - index: Which of them, in the tree's order.
  /// - Throws: ``/VirtIOMMIO/MMIOError`` of the first place that is not as the driver wants it,
  ///   ``HostedError/noDevice(type:index:)``, or why registers could not be reached.
  public func slot(
    ofType deviceType: UInt16, index: Int = 0
  ) throws -> RegisterWindow<HostedAccess> {
    var remaining = index
    for window in slots {
      guard let transport = try MMIOTransport(window), transport.deviceType == deviceType else {
        continue
      }
      if remaining == 0 {
        learnRegisters(of: window)
        return window
      }
      remaining -= 1
    }
    throw failure ?? HostedError.noDevice(type: deviceType, index: index)
  }

  /// Tells the trace which registers of a slot are what.
  private func learnRegisters(of window: RegisterWindow<HostedAccess>) {
    let start = window.base
    let end = start + window.byteCount
    let doorbell = start + 0x50..<start + 0x54
    trace.learn(
      [
        AccessTrace.Place(range: doorbell, space: .notification, function: nil),
        AccessTrace.Place(range: start + 0x100..<end, space: .device, function: nil),
        AccessTrace.Place(range: start..<start + 0x100, space: .memoryMapped, function: nil),
      ], at: start..<end)
  }
}
