import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Displays that change")
struct ResizeTests {
  private let rig = DisplayRig()

  /// Gives the display another size, and lets the driver know.
  private func resize(_ display: inout TestDisplay, _ width: UInt32, _ height: UInt32)
    throws(GPUError)
  {
    rig.gpu.outputs[0].width = width
    rig.gpu.outputs[0].height = height
    rig.transport.configuration[0] = 1
    _ = try display.takeDisplayEvent(waiting: rig.waiter)
    rig.transport.configuration[0] = 0
    rig.gpu.clear()
  }

  @Test("GPU-EVT-1, GPU-CFG-1, GPU-D-4: a display event is cleared, then display information read")
  func event() throws {
    var display = try rig.openWithFrame()
    // A bit that nobody knows must not be cleared.
    rig.transport.configuration[0] = 0x8001
    rig.gpu.outputs = [.init(width: 10, height: 20)]
    let hasChanged = try display.takeDisplayEvent(waiting: rig.waiter)
    let scanout = display.scanouts[0]
    #expect(hasChanged && scanout.width == 10 && scanout.height == 20)
    let writes = rig.transport.journal.events.filter { event in
      if case .writeConfiguration = event { true } else { false }
    }
    #expect(writes == [.writeConfiguration(4, 1)])
    let cleared = try #require(
      rig.transport.journal.events.firstIndex(of: .writeConfiguration(4, 1)))
    let asked = try #require(rig.transport.journal.events.firstIndex(of: .ring(0)))
    #expect(cleared < asked && rig.gpu.types == [0x100])
  }

  @Test("no display event, no command")
  func noEvent() throws {
    var display = try rig.openWithFrame()
    rig.transport.configuration[0] = 0xffff_fffe
    let hasChanged = try display.takeDisplayEvent(waiting: rig.waiter)
    #expect(!hasChanged && rig.gpu.requests.isEmpty)
    #expect(
      rig.transport.journal.events == [
        .readStatus, .readGeneration, .readConfiguration(0), .readGeneration,
      ])
  }

  @Test("the next frame has the new size; then the old resource goes, and its memory comes back")
  func resized() throws {
    var display = try rig.openWithFrame()
    let count = rig.platform.memory.liveCount
    try resize(&display, 20, 10)
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 20 && frame.height == 10 && frame.staleRegion.bounds == frame.bounds)
    #expect(rig.gpu.requests.isEmpty, "the old picture stays until there is a new one")
    _ = try display.present(frame)
    #expect(rig.gpu.types == [0x101, 0x106, 0x105, 0x103, 0x104, 0x10a])
    #expect(rig.gpu.requests[3].rectangle(at: 24) == [0, 0, 20, 10])
    #expect(rig.gpu.requests[0].word(at: 24) == 2 && rig.gpu.requests[3].word(at: 44) == 2)
    rig.gpu.clear()
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    #expect(rig.gpu.types.prefix(2) == [0x107, 0x102])
    #expect(rig.gpu.requests.prefix(2).map { $0.word(at: 24) } == [1, 1])
    let next = try display.nextFrame(waiting: rig.waiter)
    #expect(next.width == 20 && rig.platform.memory.liveCount == count)
  }

  @Test("a size that the device refuses is said, and the old picture is gone back to")
  func refused() throws {
    var display = try rig.openWithFrame()
    try resize(&display, 20, 10)
    rig.gpu.amend = { request, reply in if request.type == 0x103 { reply?.type = 0x1205 } }
    let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
    let error = failure {
      () throws(GPUError) in try display.finish(presentation, waiting: rig.waiter)
    }
    guard case .command(let reported) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reported.reason == .refused(.invalidParameter))
    rig.gpu.amend = { _, _ in }
    // Whoever asks for a frame may be told too.
    _ = failure { () throws(GPUError) in try display.tryNextFrame() }
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 64 && frame.height == 48 && frame.staleRegion.bounds == frame.bounds)
    rig.gpu.clear()
    _ = try display.present(frame)
    #expect(rig.gpu.types.filter { $0 != 0x10a }.suffix(3) == [0x105, 0x103, 0x104])
    let scanout = rig.gpu.requests.last { $0.type == 0x103 }
    #expect(scanout?.word(at: 44) == 1, "the one that failed may have taken its place")
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("while a frame of the old size is drawn in, it can still be presented")
  func frameInHand() throws {
    var display = try rig.openWithFrame()
    let frame = try display.nextFrame(waiting: rig.waiter)
    try resize(&display, 20, 10)
    let isNone = isNothing(try display.tryNextFrame())
    #expect(isNone)
    _ = try display.present(frame)
    #expect(rig.gpu.types == [0x105, 0x104, 0x10a])
    let next = try display.nextFrame(waiting: rig.waiter)
    #expect(next.width == 20)
  }

  @Test("M12: memory that the device does not let go of stays where it is until the reset")
  func keptMemory() throws {
    var display = try rig.openWithFrame()
    try resize(&display, 20, 10)
    rig.gpu.amend = { request, reply in if request.type == 0x102 { reply?.type = 0x1200 } }
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    let count = rig.platform.memory.liveCount
    for _ in 0..<3 { _ = try display.present(display.nextFrame(waiting: rig.waiter)) }
    #expect(rig.gpu.types.contains(0x102))
    #expect(rig.platform.memory.liveCount == count)
    rig.gpu.amend = { _, _ in }
    try? display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("closing gives back the memory of old and new")
  func closing() throws {
    var display = try rig.openWithFrame()
    try resize(&display, 20, 10)
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    rig.gpu.clear()
    try display.close(waiting: rig.waiter)
    #expect(rig.gpu.types == [0x103, 0x107, 0x102, 0x107, 0x102])
    #expect(rig.platform.isBalanced)
  }
}
