import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// The driver under test, on a hosted machine.
typealias Screen = Display<HostedPlatform, PCITransport<HostedAccess>>

/// The driver's way to that machine's device.
typealias ScreenTransport = PCITransport<HostedAccess>

extension HostedMachine {
  /// A machine with one GPU of that size, and properties such as `max_outputs=2`.
  static func configuration(
    width: Int = 640, height: Int = 480, _ properties: String = ""
  ) -> MachineConfiguration {
    var machine = MachineConfiguration()
    machine.gpus = [
      "virtio-gpu-pci,id=gpu0,xres=\(width),yres=\(height)"
        + (properties.isEmpty ? "" : ",\(properties)")
    ]
    machine.memoryMiB = 128
    return machine
  }

  /// The driver's transport to a GPU, whose function was found before or is found now.
  func transport(
    _ function: PCIFunction<HostedAccess>? = nil, maximumVectorCount: Int = 3
  ) throws -> PCITransport<HostedAccess> {
    try PCITransport(
      function ?? self.function(ofType: Screen.deviceType), deviceType: 16,
      maximumVectorCount: maximumVectorCount)
  }

  /// The driver, with a GPU in service.
  func openScreen(buffers: BufferCount = .two) throws -> Screen {
    try Screen.open(
      transport(), on: platform, buffers: buffers, waiting: .polling(.seconds(2)))
  }
}

extension Display where T: ~Copyable {
  /// How opening fails; nil if it does not. The display is closed then.
  static func failureOfOpening(
    _ transport: consuming T, on platform: P, waiting waiter: PollingWaiter
  ) -> GPUError? {
    do {
      let display = try open(transport, on: platform, waiting: waiter)
      try display.close(waiting: waiter)
      return nil
    } catch {
      return error
    }
  }

  /// Closes the display; says how that fails, nil if it does not.
  consuming func failureOfClosing(waiting waiter: PollingWaiter) -> GPUError? {
    do {
      try close(waiting: waiter)
      return nil
    } catch {
      return error
    }
  }
}
