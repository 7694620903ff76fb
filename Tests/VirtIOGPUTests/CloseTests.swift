import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Closing a display")
struct CloseTests {
  private let rig = DisplayRig()
  private let image = Array(repeating: UInt32(0), count: 64 * 64)

  /// A display with a frame on its scanout, and a cursor.
  private func openWithAll() throws -> TestDisplay {
    var display = try rig.openWithFrame()
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
    rig.gpu.clear()
    return display
  }

  /// What closing throws; nil if it does not.
  private func close(_ display: consuming TestDisplay) -> GPUError? {
    do throws(GPUError) {
      try display.close(waiting: rig.waiter)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "F-TEARDOWN, GPU-D-16: cursor and scanouts off, resources gone, device reset, all memory back")
  func everything() throws {
    let display = try openWithAll()
    #expect(rig.platform.memory.liveCount == 7)
    let error = close(display)
    #expect(error == nil)
    #expect(rig.gpu.types == [0x300, 0x103, 0x107, 0x102, 0x107, 0x102])
    #expect(rig.gpu.requests[0].word(at: 40) == 0, "the cursor is hidden")
    #expect(rig.gpu.requests[1].word(at: 44) == 0, "the scanout is off")
    #expect(rig.transport.status == [])
    #expect(rig.platform.isBalanced)
    let events = rig.transport.journal.events
    let reset = try #require(events.lastIndex(of: .writeStatus([])))
    let freed = try #require(events.firstIndex { if case .free = $0 { true } else { false } })
    #expect(reset < freed && events.lastIndex(of: .readStatus).map { $0 < freed } == true)
  }

  @Test("a display that showed nothing has nothing to say")
  func nothing() throws {
    let error = close(try rig.open())
    #expect(error == nil && rig.gpu.requests.isEmpty && rig.platform.isBalanced)
  }

  @Test("with commands in flight the memory comes back too")
  func inFlight() throws {
    var display = try rig.openWithFrame()
    rig.gpu.isHolding = true
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    let error = close(display)
    guard case .timedOut(let subject, needsReset: false) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(subject.command == .setScanout && subject.scanout == ScanoutID(rawValue: 0))
    #expect(rig.platform.isBalanced && rig.transport.status == [])
  }

  @Test("H01, M12: a device that never leaves reset keeps its memory")
  func stuck() throws {
    let display = try openWithAll()
    let count = rig.platform.memory.liveCount
    rig.transport.resetDelay = nil
    let error = close(display)
    #expect(
      error
        == .device(.neverReset(status: [.acknowledge, .driver, .featuresOK, .driverOK])))
    #expect(rig.platform.memory.liveCount == count && rig.platform.wrongFreeCount == 0)
  }

  @Test("if a command fails the rest is done all the same")
  func failing() throws {
    let display = try openWithAll()
    rig.gpu.amend = { request, reply in if request.type == 0x103 { reply?.type = 0x1202 } }
    let error = close(display)
    guard case .command(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.subject.command == .setScanout)
    #expect(rig.platform.isBalanced && rig.transport.status == [])
  }

  @Test("a frame that is still drawn in keeps its memory, and nothing else does")
  func frameAlive() throws {
    var display = try rig.openWithFrame()
    var frame = try display.nextFrame(waiting: rig.waiter)
    let error = close(display)
    #expect(error == nil)
    #expect(rig.platform.memory.liveCount == 2, "the pixels and their ledger")
    var pixels = frame.pixels
    pixels[0] = 7
    #expect(pixels[0] == 7)
  }

  @Test("a display that is only dropped keeps its memory for the device")
  func dropped() throws {
    do { _ = try openWithAll() }
    #expect(rig.platform.memory.liveCount == 7 && rig.platform.wrongFreeCount == 0)
  }

  @Test("the GPU can be opened again")
  func again() throws {
    for _ in 0..<3 {
      let error = close(try openWithAll())
      #expect(error == nil && rig.platform.isBalanced)
    }
  }
}
