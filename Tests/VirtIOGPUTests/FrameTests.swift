import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Frames")
struct FrameTests {
  private let rig = DisplayRig()

  @Test("GPU-INIT-2, GPU-D-6, GPU-D-15: the first frame makes its resource, and rings once")
  func firstFrame() throws {
    var display = try rig.open()
    var frame = try display.nextFrame(waiting: rig.waiter)
    #expect(rig.gpu.requests.isEmpty, "nothing is sent before there is something to show")
    #expect(frame.width == 64 && frame.height == 48 && frame.staleRegion.bounds == frame.bounds)
    var pixels = frame.pixels
    #expect(pixels.count == 64 * 48)
    pixels[65] = UInt32(0x1122_3344).littleEndian
    let presentation = try display.present(frame)
    #expect(rig.ringCount == 1 && rig.transport.journal.ringCount(of: 1) == 0)
    #expect(rig.gpu.types == [0x101, 0x106, 0x105, 0x103, 0x104, 0x10a], "EDID last")
    #expect(rig.gpu.requests.map(\.bytes.count) == [40, 48, 56, 48, 48, 32])
    let requests = rig.gpu.requests
    let resource = requests[0].word(at: 24)
    #expect(resource != 0)
    #expect([28, 32, 36].map { requests[0].word(at: $0) } == [2, 64, 48])
    #expect([24, 28, 40].map { requests[1].word(at: $0) } == [resource, 1, 64 * 48 * 4])
    #expect(requests[2].rectangle(at: 24) == [0, 0, 64, 48])
    #expect(requests[2].long(at: 40) == 0 && requests[2].word(at: 48) == resource)
    #expect(requests[3].rectangle(at: 24) == [0, 0, 64, 48])
    #expect([40, 44].map { requests[3].word(at: $0) } == [0, resource])
    #expect(requests[4].rectangle(at: 24) == [0, 0, 64, 48])
    #expect(requests[4].word(at: 40) == resource)
    #expect(requests.map { $0.fence != nil } == [false, false, false, false, true, false])
    let backing = rig.platform.memory.view(
      at: DeviceAddress(rawValue: requests[1].long(at: 32)), byteCount: 64 * 48 * 4)
    #expect(backing?.load(UInt32.self, at: 65 * 4) == 0x1122_3344)
    #expect(try display.isComplete(presentation))
  }

  @Test("later frames take a transfer and a flush, and ring once")
  func laterFrames() throws {
    var display = try rig.openWithFrame()
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.staleRegion.isEmpty, "it can be drawn on where the last one left off")
    _ = try display.present(frame)
    #expect(rig.gpu.types == [0x105, 0x104] && rig.ringCount == 1)
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [0, 0, 64, 48])
    #expect(rig.gpu.requests[0].long(at: 40) == 0)
  }

  @Test("F-NOALLOC: nothing is allocated after the first frame")
  func allocations() throws {
    var display = try rig.openWithFrame()
    let count = rig.platform.allocationCount
    for _ in 0..<20 { _ = try display.present(display.nextFrame(waiting: rig.waiter)) }
    #expect(rig.platform.allocationCount == count)
  }

  @Test("GPU-D-10: fences grow from frame to frame")
  func fences() throws {
    var display = try rig.openWithFrame()
    for _ in 0..<5 { _ = try display.present(display.nextFrame(waiting: rig.waiter)) }
    let fences = rig.gpu.requests.compactMap(\.fence)
    #expect(fences.count == 5 && zip(fences, fences.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("one rectangle of damage is transferred from its place, and flushed")
  func damage() throws {
    var display = try rig.openWithFrame()
    _ = try display.present(
      display.nextFrame(waiting: rig.waiter), [Rectangle(x: 10, y: 5, width: 7, height: 3)])
    #expect(rig.gpu.types == [0x105, 0x104] && rig.ringCount == 1)
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [10, 5, 7, 3])
    #expect(rig.gpu.requests[0].long(at: 40) == (5 * 64 + 10) * 4)
    #expect(rig.gpu.requests[1].rectangle(at: 24) == [10, 5, 7, 3])
  }

  @Test(
    """
    F-DAMAGELIST: several rectangles are transferred each from its place, flushed as one, with \
    one doorbell
    """)
  func severalRectangles() throws {
    var display = try rig.openWithFrame()
    _ = try display.present(
      display.nextFrame(waiting: rig.waiter),
      [
        Rectangle(x: 0, y: 0, width: 4, height: 4),
        Rectangle(x: 60, y: 40, width: 100, height: 100),
        Rectangle(x: -10, y: 20, width: 12, height: 2),
        Rectangle(x: 200, y: 0, width: 9, height: 9),
        .empty,
      ])
    #expect(rig.gpu.types == [0x105, 0x105, 0x105, 0x104] && rig.ringCount == 1)
    let requests = rig.gpu.requests
    #expect(requests[0].rectangle(at: 24) == [0, 0, 4, 4] && requests[0].long(at: 40) == 0)
    #expect(requests[1].rectangle(at: 24) == [60, 40, 4, 8])
    #expect(requests[1].long(at: 40) == (40 * 64 + 60) * 4)
    #expect(requests[2].rectangle(at: 24) == [0, 20, 2, 2])
    #expect(requests[2].long(at: 40) == 20 * 64 * 4)
    #expect(requests[3].rectangle(at: 24) == [0, 0, 64, 48])
  }

  @Test("damage at the ends of arithmetic is cut to the frame")
  func wildDamage() throws {
    var display = try rig.openWithFrame()
    _ = try display.present(
      display.nextFrame(waiting: rig.waiter),
      [Rectangle(x: .min, y: .min, width: .max, height: .max)])
    #expect(rig.gpu.requests.isEmpty, "it ends at -1")
    _ = try display.present(
      display.nextFrame(waiting: rig.waiter), [Rectangle(x: 63, y: 47, width: .max, height: .max)])
    #expect(rig.gpu.requests.first?.rectangle(at: 24) == [63, 47, 1, 1])
    #expect(rig.gpu.requests.first?.long(at: 40) == UInt64((47 * 64 + 63) * 4))
  }

  @Test("of many rectangles some are joined; all of them are transferred, with one doorbell")
  func manyRectangles() throws {
    var display = try rig.openWithFrame()
    let many = (0..<12).map { Rectangle(x: $0 % 4 * 16, y: $0 / 4 * 16, width: 6, height: 6) }
    _ = try display.present(display.nextFrame(waiting: rig.waiter), many)
    let sent = rig.gpu.requests.filter { $0.type == 0x105 }.map { $0.rectangle(at: 24) }
    #expect(sent.count == DamageList.capacity && rig.ringCount == 1)
    #expect(rig.gpu.types.count == sent.count + 1 && rig.gpu.types.last == 0x104)
    for rectangle in many {
      let isSent = sent.contains {
        Rectangle(x: Int($0[0]), y: Int($0[1]), width: Int($0[2]), height: Int($0[3]))
          .contains(rectangle)
      }
      #expect(isSent)
    }
    let close = (0..<4).map { Rectangle(x: 10 + 2 * $0, y: 5, width: 1, height: 1) }
    rig.gpu.clear()
    _ = try display.present(display.nextFrame(waiting: rig.waiter), close)
    #expect(rig.gpu.types == [0x105, 0x104], "one command costs less than four")
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [10, 5, 7, 1])
  }

  @Test("where there is no room for so many commands, one rectangle around all is sent")
  func noRoom() throws {
    rig.transport.maximumSizes[0] = 16
    var display = try rig.openWithFrame()
    let many = (0..<6).map { Rectangle(x: 10 * $0, y: 8 * $0, width: 4, height: 4) }
    _ = try display.present(display.nextFrame(waiting: rig.waiter), many)
    #expect(rig.gpu.types == [0x105, 0x104])
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [0, 0, 54, 44])
  }

  @Test("no damage, no command: the frame is complete at once")
  func noDamage() throws {
    var display = try rig.openWithFrame()
    let presentation = try display.present(display.nextFrame(waiting: rig.waiter), [])
    #expect(rig.gpu.requests.isEmpty && rig.ringCount == 0)
    #expect(try display.isComplete(presentation))
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.staleRegion.isEmpty)
  }

  @Test("the first frame is sent whole, whatever is said to be damaged")
  func firstDamage() throws {
    var display = try rig.open()
    _ = try display.present(
      display.nextFrame(waiting: rig.waiter), [Rectangle(x: 1, y: 1, width: 1, height: 1)])
    #expect(rig.gpu.requests[2].rectangle(at: 24) == [0, 0, 64, 48])
    #expect(rig.gpu.requests[4].rectangle(at: 24) == [0, 0, 64, 48])
  }

  @Test("while the device has the frame there is no other, and waiting for it ends")
  func inFlight() throws {
    var display = try rig.openWithFrame()
    rig.gpu.isHolding = true
    let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
    #expect(try !display.isComplete(presentation))
    let isNone = isNothing(try display.tryNextFrame())
    #expect(isNone)
    let expected = GPUError.timedOut(
      CommandSubject(.resourceFlush, scanout: ScanoutID(rawValue: 0)), needsReset: false)
    let error = failure { () throws(GPUError) in try display.nextFrame(waiting: rig.waiter) }
    #expect(error == expected)
    let unfinished = failure {
      () throws(GPUError) in try display.finish(presentation, waiting: rig.waiter)
    }
    #expect(unfinished == expected)
    rig.gpu.answerHeld()
    #expect(try display.isComplete(presentation))
    try display.finish(presentation, waiting: rig.waiter)
    let isThere = !isNothing(try display.tryNextFrame())
    #expect(isThere)
  }

  @Test("a frame of a device that needs a reset is not waited for in silence")
  func needsReset() throws {
    var display = try rig.openWithFrame()
    rig.gpu.isHolding = true
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    rig.transport.status.insert(.needsReset)
    let error = failure { () throws(GPUError) in try display.nextFrame(waiting: rig.waiter) }
    #expect(
      error
        == .timedOut(
          CommandSubject(.resourceFlush, scanout: ScanoutID(rawValue: 0)), needsReset: true))
  }

  @Test("while the program has the frame there is no other, and waiting for it ends")
  func inHand() throws {
    var display = try rig.openWithFrame()
    let frame = try display.nextFrame(waiting: rig.waiter)
    let error = failure { () throws(GPUError) in try display.nextFrame(waiting: rig.waiter) }
    #expect(error == .noFrame(ScanoutID(rawValue: 0)))
    _ = try display.present(frame)
  }

  @Test("nextFrame waits until the device is done")
  func waiting() throws {
    var display = try rig.openWithFrame()
    rig.gpu.isHolding = true
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    let frame = try display.nextFrame(waiting: Answering(gpu: rig.gpu))
    #expect(frame.staleRegion.isEmpty)
  }

  /// A waiter that lets the device do its work at the third look.
  private struct Answering: Waiter {
    let gpu: FakeGPU
    var count = 0

    mutating func wait<P: Platform>(on platform: borrowing P) -> Bool {
      count += 1
      if count == 3 { gpu.answerHeld() }
      return count < 10
    }
  }

  @Test("a frame that is dropped comes back, stale")
  func dropped() throws {
    var display = try rig.openWithFrame()
    do {
      var frame = try display.nextFrame(waiting: rig.waiter)
      var pixels = frame.pixels
      pixels[0] = 1
      let isLent = isNothing(try display.tryNextFrame())
      #expect(isLent)
      _ = consume frame
    }
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.staleRegion.bounds == frame.bounds)
    _ = try display.present(frame)
    let next = try display.nextFrame(waiting: rig.waiter)
    #expect(next.staleRegion.isEmpty)
  }

  @Test("if presenting fails, the frame goes back to the display")
  func presentFails() throws {
    var display = try rig.openWithFrame()
    let frame = try display.nextFrame(waiting: rig.waiter)
    let otherResource = try otherDisplaysFrame()
    // A frame of another display is refused, and goes back to where it came from.
    do throws(GPUError) {
      _ = try display.present(otherResource)
      Issue.record("it was taken")
    } catch {
      #expect(error == .staleFrame)
    }
    rig.transport.rings[0]?.claimUsedIndex(0x4000)
    try? display.drain()
    do throws(GPUError) {
      _ = try display.present(frame)
      Issue.record("it was presented")
    } catch {
      guard case .queue(.broken) = error else {
        Issue.record("\(error)")
        return
      }
    }
    let isLent = display.surfaces[0]?.buffer.isLent(0)
    #expect(isLent == false)
  }

  /// A frame that no surface of the display under test made.
  private func otherDisplaysFrame() throws -> Frame {
    var surface = try Surface(
      ResourceID(rawValue: 77), SurfaceShape(width: 64, height: 48, format: .b8g8r8x8),
      buffers: .one, platform: rig.platform)
    return try required(surface.nextFrame(for: 0, after: 0))
  }

  @Test("if all slots are in use, presenting says busy, and the frame comes back stale")
  func busy() throws {
    rig.transport.maximumSizes[0] = 16
    rig.transport.configuration[2] = 3
    rig.gpu.outputs = Array(repeating: .init(), count: 3)
    var display = try rig.open()
    rig.gpu.isHolding = true
    let scanouts = (0..<3).map { ScanoutID(rawValue: $0) }
    // Of six slots five are in use after this.
    _ = try display.present(display.nextFrame(on: scanouts[0], waiting: rig.waiter))
    let frame = try display.nextFrame(on: scanouts[1], waiting: rig.waiter)
    let before = rig.gpu.requests.count
    do throws(GPUError) {
      _ = try display.present(frame)
      Issue.record("it was presented")
    } catch {
      #expect(error == .busy)
    }
    #expect(rig.gpu.requests.count == before && rig.ringCount == 1)
    rig.gpu.answerHeld()
    rig.gpu.isHolding = false
    let again = try display.nextFrame(on: scanouts[1], waiting: rig.waiter)
    #expect(again.staleRegion.bounds == again.bounds)
    _ = try display.present(again)
    #expect(rig.gpu.types.suffix(6) == [0x101, 0x106, 0x105, 0x103, 0x104, 0x10a])
  }

  @Test("each scanout has its own resource and its own size")
  func severalScanouts() throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(width: 64, height: 48), .init(width: 32, height: 16)]
    var display = try rig.open()
    for index: UInt32 in [1, 0] {
      let frame = try display.nextFrame(on: ScanoutID(rawValue: index), waiting: rig.waiter)
      #expect(frame.width == (index == 0 ? 64 : 32))
      _ = try display.present(frame)
    }
    let scanouts = rig.gpu.requests.filter { $0.type == 0x103 }
    #expect(scanouts.map { $0.word(at: 40) } == [1, 0])
    #expect(Set(scanouts.map { $0.word(at: 44) }).count == 2)
    #expect(scanouts.map { $0.rectangle(at: 24) } == [[0, 0, 32, 16], [0, 0, 64, 48]])
  }

  @Test(
    """
    F-FIRST: scanouts that are off, or do not exist, have no frames
    """, arguments: [1, 2, 15, 16, .max])
  func disabled(_ index: UInt32) throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init(isEnabled: false)]
    var display = try rig.open()
    let id = ScanoutID(rawValue: index)
    let error = failure { () throws(GPUError) in try display.tryNextFrame(on: id) }
    #expect(error == .scanoutDisabled(id))
  }

  @Test("with no scanout at all there are no frames")
  func noScanout() throws {
    rig.gpu.outputs = []
    var display = try rig.open()
    let error = failure { () throws(GPUError) in try display.tryNextFrame() }
    #expect(error == .noScanout)
  }

  @Test("a display that says it has no pixels has no frames")
  func noPixels() throws {
    rig.gpu.outputs = [.init(width: 0, height: 0)]
    var display = try rig.open()
    let error = failure { () throws(GPUError) in try display.tryNextFrame() }
    #expect(error == .invalidSize(width: 0, height: 0))
    rig.gpu.outputs = [.init(width: .max, height: .max)]
    try display.updateScanouts(waiting: rig.waiter)
    let huge = failure { () throws(GPUError) in try display.tryNextFrame() }
    #expect(huge == .invalidSize(width: .max, height: .max))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("no memory for the first frame: a typed error, and another try can succeed")
  func noMemory() throws {
    var display = try rig.open()
    rig.platform.failingAllocation = rig.platform.allocationCount + 1
    let error = failure { () throws(GPUError) in try display.tryNextFrame() }
    guard case .outOfMemory(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.byteCount == 64 * 48 * 4 && rig.platform.memory.liveCount == 4)
    let isThere = !isNothing(try display.tryNextFrame())
    #expect(isThere)
  }

  @Test("a frame outlives a scanout that went off, and goes back")
  func scanoutGone() throws {
    var display = try rig.openWithFrame()
    let frame = try display.nextFrame(waiting: rig.waiter)
    rig.gpu.outputs = []
    try display.updateScanouts(waiting: rig.waiter)
    do throws(GPUError) {
      _ = try display.present(frame)
      Issue.record("it was presented")
    } catch {
      #expect(error == .scanoutDisabled(ScanoutID(rawValue: 0)))
    }
    let isLent = display.surfaces[0]?.buffer.isLent(0)
    #expect(isLent == false)
  }
}
