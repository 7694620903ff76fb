import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Standing commands")
struct StandingTests {
  private let rig = DisplayRig()

  /// A display whose frames are sent by standing commands.
  private func openStanding(_ buffers: BufferCount = .two) throws -> TestDisplay {
    var display = try rig.open(buffers: buffers)
    for _ in 0..<2 * buffers.rawValue + 2 { try presentNext(&display) }
    expectStanding(display)
    rig.gpu.clear()
    return display
  }

  @discardableResult
  private func presentNext(_ display: inout TestDisplay) throws -> Presentation {
    try display.present(display.nextFrame(waiting: rig.waiter))
  }

  private func expectStanding(_ display: borrowing TestDisplay) {
    let scanouts = [display.laneScanouts, display.control.standingScanouts]
    #expect(scanouts == [1, 1])
  }

  @Test("whole frames one after the other are sent by standing commands, each in its slot")
  func steady() throws {
    for buffers in BufferCount.allCases {
      let rig = DisplayRig()
      var display = try rig.open(buffers: buffers)
      for _ in 0..<20 {
        _ = try display.present(display.nextFrame(waiting: rig.waiter))
      }
      expectStanding(display)
      let transfers = rig.gpu.requests.filter { $0.type == 0x105 }
      let slots = transfers.map { Int($0.long(at: 40)) / (64 * 48 * 4) }
      #expect(slots == (0..<20).map { $0 % buffers.rawValue })
      let fences = rig.gpu.requests.filter { $0.type == 0x104 }.map(\.fence)
      #expect(Set(fences).count == 20 && !fences.contains(nil))
    }
  }

  @Test("a frame that was sent by standing commands can be waited for, and all goes on")
  func finishing() throws {
    var display = try openStanding()
    for _ in 0..<5 {
      let last = try presentNext(&display)
      try display.finish(last, waiting: rig.waiter)
      let again = try display.isComplete(last)
      #expect(again)
    }
    for _ in 0..<6 { try presentNext(&display) }
    expectStanding(display)
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("while the device has all slots there is no frame, and nothing changes")
  func backPressure() throws {
    var display = try openStanding()
    rig.gpu.isHolding = true
    for _ in 0..<2 { try presentNext(&display) }
    for _ in 0..<3 {
      let isNone = isNothing(try display.tryNextFrame())
      #expect(isNone)
      expectStanding(display)
    }
    rig.gpu.answerHeld(count: 1)
    let isHalf = isNothing(try display.tryNextFrame())
    #expect(isHalf)
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    try presentNext(&display)
    expectStanding(display)
  }

  @Test("a frame that never comes is said to be late", arguments: [0, 1])
  func late(_ count: Int) throws {
    var display = try openStanding()
    rig.gpu.isHolding = true
    for _ in 0..<2 { try presentNext(&display) }
    rig.gpu.answerHeld(count: count)
    let error = failure { () throws(GPUError) in
      _ = try display.nextFrame(waiting: rig.waiter)
    }
    guard case .timedOut = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    for _ in 0..<6 { try presentNext(&display) }
    expectStanding(display)
  }

  @Test(
    "an answer that is not as it should be is told of, once, and all goes on",
    arguments: [0x105, 0x104] as [UInt32], [true, false])
  func wrongAnswer(_ type: UInt32, isRefused: Bool) throws {
    var display = try openStanding()
    rig.gpu.amend = { request, reply in
      guard request.type == type else { return }
      if isRefused {
        reply?.type = 0x1203
      } else if type == 0x104 {
        reply?.fence = 1 << 40
      } else {
        reply?.type = 0x1101
      }
    }
    try presentNext(&display)
    rig.gpu.amend = { _, _ in }
    var failures = 0
    for _ in 0..<8 {
      do throws(GPUError) {
        _ = try display.present(display.nextFrame(waiting: rig.waiter))
      } catch {
        guard case .command(let failure) = error else { throw error }
        #expect(failure.subject.command.rawValue == type)
        failures += 1
      }
    }
    #expect(failures == 1)
    expectStanding(display)
  }

  @Test("answers in another order are taken")
  func reversed() throws {
    var display = try openStanding()
    rig.gpu.isHolding = true
    for _ in 0..<2 { try presentNext(&display) }
    rig.gpu.isHolding = false
    rig.gpu.answerHeld(reversed: true)
    for _ in 0..<8 { try presentNext(&display) }
    expectStanding(display)
  }

  @Test("a frame that is dropped comes again, wholly stale; one of another display is refused")
  func dropped() throws {
    var display = try openStanding()
    do { _ = try display.nextFrame(waiting: rig.waiter) }
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.staleRegion.bounds == frame.bounds)
    _ = try display.present(frame)
    let other = DisplayRig()
    var second = try other.open(buffers: .two)
    for _ in 0..<6 { _ = try second.present(second.nextFrame(waiting: other.waiter)) }
    let foreign = try second.nextFrame(waiting: other.waiter)
    do throws(GPUError) {
      _ = try display.present(foreign)
      Issue.record("it was presented")
    } catch {
      #expect(error == .staleFrame)
    }
  }

  @Test("a frame of another display is refused also where commands of that number stand ready")
  func foreign() throws {
    var display = try openStanding()
    let other = DisplayRig()
    var second = try other.open(buffers: .two)
    for _ in 0..<6 { _ = try second.present(second.nextFrame(waiting: other.waiter)) }
    let frame = try display.nextFrame(waiting: rig.waiter)
    let foreign = try second.nextFrame(waiting: other.waiter)
    do throws(GPUError) {
      _ = try display.present(foreign)
      Issue.record("it was presented")
    } catch {
      #expect(error == .staleFrame)
    }
    let isLent = isNothing(try second.tryNextFrame())
    #expect(!isLent, "it went back to where it came from")
    _ = try display.present(frame)
    for _ in 0..<6 { try presentNext(&display) }
    expectStanding(display)
  }

  @Test("after standing commands, damage is only what was damaged")
  func damage() throws {
    var display = try openStanding(.three)
    let rectangle = Rectangle(x: 3, y: 4, width: 5, height: 6)
    let first = try display.nextFrame(waiting: rig.waiter)
    #expect(first.staleRegion.bounds == first.bounds)
    _ = try display.present(first, [rectangle])
    #expect(rig.gpu.requests.first { $0.type == 0x105 }?.rectangle(at: 24) == [3, 4, 5, 6])
    let second = try display.nextFrame(waiting: rig.waiter)
    #expect(second.staleRegion.bounds == second.bounds)
    _ = try display.present(second, [rectangle])
    // This one was the last that was presented whole.
    let next = try display.nextFrame(waiting: rig.waiter)
    #expect(next.staleRegion.bounds == rectangle)
  }

  @Test("one buffer: a frame goes on where the last one left off")
  func oneBuffer() throws {
    var display = try openStanding(.one)
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.staleRegion.isEmpty)
  }

  @Test("a cursor move by a standing command tells of the newest place; a full queue loses nothing")
  func cursor() throws {
    var display = try rig.open()
    let image = Array(repeating: UInt32(0), count: 64 * 64)
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
    rig.gpu.clear()
    for place in 0..<40 as Range<UInt32> { try display.moveCursor(toX: place, y: 2 * place) }
    let moves = rig.gpu.requests.filter { $0.type == 0x301 }
    #expect(moves.map { $0.word(at: 28) } == Array(0..<40))
    #expect(moves.allSatisfy { $0.word(at: 32) == 2 * $0.word(at: 28) })
    try display.hideCursor()
    try display.moveCursor(toX: 1, y: 1)
    #expect(rig.gpu.requests.suffix(2).map(\.type) == [0x300, 0x301])
    #expect(rig.gpu.requests.last?.word(at: 40) == 0)
  }
}
