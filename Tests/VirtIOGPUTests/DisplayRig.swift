import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTestDoubles

typealias TestDisplay = Display<TestPlatform, FakeTransport>

/// A platform with a GPU on it.
struct DisplayRig {
  let platform = TestPlatform()
  let gpu: FakeGPU
  let waiter = PollingWaiter(timeout: .microseconds(100))

  init() {
    gpu = FakeGPU(on: platform)
  }

  var transport: FakeTransport { gpu.transport }

  /// Takes the GPU into service, and forgets what that took.
  func open(buffers: BufferCount = .one) throws(GPUError) -> TestDisplay {
    let display = try TestDisplay.open(transport, on: platform, buffers: buffers, waiting: waiter)
    gpu.clear()
    return display
  }

  /// Takes the GPU into service and presents the first frame, and forgets what that took.
  func openWithFrame(buffers: BufferCount = .one) throws(GPUError) -> TestDisplay {
    var display = try open(buffers: buffers)
    _ = try display.present(display.nextFrame(waiting: waiter))
    try display.drain()
    gpu.clear()
    return display
  }

  /// How often the control queue's doorbell was rung.
  var ringCount: Int { transport.journal.ringCount(of: 0) }
}

extension Display where P == TestPlatform, T == FakeTransport {
  /// Presents a frame of which some rectangles are new.
  mutating func present(_ frame: consuming Frame, _ damage: [Rectangle])
    throws(GPUError) -> Presentation
  {
    try present(frame, damage: damage.span)
  }
}
