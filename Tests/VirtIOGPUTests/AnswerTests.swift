import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Answers of the device")
struct AnswerTests {
  private let rig = DisplayRig()
  private let scanout = ScanoutID(rawValue: 0)

  /// Changes the answer to commands of one type.
  private func amend(_ type: CommandType, _ change: @escaping (inout GPUReply) -> Void) {
    rig.gpu.amend = { request, reply in
      guard request.type == type.rawValue, var changed = reply else { return }
      change(&changed)
      reply = changed
    }
  }

  /// What presenting a first frame comes to; nil if all is well.
  private func present(_ display: inout TestDisplay) throws -> GPUError? {
    let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
    return failure {
      () throws(GPUError) in try display.finish(presentation, waiting: rig.waiter)
    }
  }

  @Test(
    "F-ERRORS: an error names the command, the resource and the scanout",
    arguments: [
      CommandType.resourceCreate2D, .resourceAttachBacking, .transferToHost2D, .setScanout,
      .resourceFlush,
    ])
  func refused(_ type: CommandType) throws {
    var display = try rig.open()
    amend(type) { $0.type = 0x1203 }
    #expect(
      try present(&display)
        == .command(
          CommandFailure(
            subject: CommandSubject(type, resource: ResourceID(rawValue: 1), scanout: scanout),
            reason: .refused(.invalidResourceID))))
  }

  @Test("an error code nobody knows is an error too")
  func unknownError() throws {
    var display = try rig.open()
    amend(.resourceFlush) { $0.type = 0x12ab }
    guard case .command(let failure) = try present(&display) else {
      Issue.record("no error")
      return
    }
    #expect(failure.reason == .refused(ResponseType(rawValue: 0x12ab)))
  }

  @Test(
    "an answer of another type is no answer to this",
    arguments: [0, 0x104, 0x1101, 0x1104, 0x1300, .max] as [UInt32])
  func wrongType(_ code: UInt32) throws {
    var display = try rig.open()
    amend(.resourceFlush) { $0.type = code }
    guard case .command(let failure) = try present(&display) else {
      Issue.record("no error")
      return
    }
    #expect(failure.reason == .unexpected(ResponseType(rawValue: code)))
  }

  @Test(
    "Q12, SPLIT-USED-1: an answer shorter than its header is none",
    arguments: 0..<24 as Range<UInt32>)
  func short(_ byteCount: UInt32) throws {
    var display = try rig.open()
    amend(.resourceFlush) { $0.claimedByteCount = byteCount }
    guard case .command(let failure) = try present(&display) else {
      Issue.record("no error")
      return
    }
    #expect(failure.reason == .short(byteCount: byteCount))
  }

  @Test("G06, Q11: an answer that claims more than there is room for is taken as it is")
  func long() throws {
    var display = try rig.open()
    amend(.resourceFlush) { $0.claimedByteCount = .max }
    #expect(try present(&display) == nil)
  }

  @Test("G08, G09: an answer must echo the fence", arguments: [nil, 0, 2, .max] as [UInt64?])
  func wrongFence(_ fence: UInt64?) throws {
    var display = try rig.open()
    amend(.resourceFlush) { $0.fence = fence }
    guard case .command(let failure) = try present(&display) else {
      Issue.record("no error")
      return
    }
    #expect(failure.reason == .fence(expected: 1, found: fence))
  }

  @Test("display information and EDID have lengths of their own", arguments: [24, 407])
  func shortInformation(_ byteCount: UInt32) throws {
    var display = try rig.open()
    amend(.getDisplayInfo) { $0.claimedByteCount = byteCount }
    rig.gpu.outputs = []
    let error = failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) }
    #expect(
      error
        == .command(
          CommandFailure(
            subject: CommandSubject(.getDisplayInfo), reason: .short(byteCount: byteCount))))
    let first = display.firstScanout
    #expect(first == scanout, "what was known stays")
    amend(.getEDID) { $0.claimedByteCount = 1055 }
    let edid = failure {
      () throws(GPUError) in try display.readEDID(of: scanout, waiting: rig.waiter)
    }
    #expect(
      edid
        == .command(
          CommandFailure(
            subject: CommandSubject(.getEDID, scanout: scanout), reason: .short(byteCount: 1055))))
  }

  @Test(
    "Q13: what is left in memory of an earlier answer is not taken for this one",
    arguments: [24, 0, .max] as [UInt32])
  func staleAnswer(_ claimed: UInt32) throws {
    var display = try rig.openWithFrame()
    // The device gives the buffers back without having written anything, but says it had.
    rig.gpu.isHolding = true
    let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
    let ring = try #require(rig.transport.rings[0])
    for slot in 0..<32 {
      // The number of a chain is that of its first descriptor.
      let (request, _) = ring.descriptor(slot)
      guard let type = ring.view(of: request)?.load(UInt32.self, at: 0) else { continue }
      if type == 0x104 || type == 0x105 { ring.use(UInt32(slot), written: claimed) }
    }
    let error = failure { () throws(GPUError) in try display.isComplete(presentation) }
    guard case .command(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(
      failure.reason
        == (claimed == 0 ? .short(byteCount: 0) : .unexpected(ResponseType(rawValue: 0))))
  }

  @Test("a failed transfer is said once, and the next frame is sent whole")
  func recovers() throws {
    var display = try rig.openWithFrame()
    amend(.transferToHost2D) { $0.type = 0x1200 }
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    rig.gpu.amend = { _, _ in }
    let error = failure { () throws(GPUError) in try display.tryNextFrame() }
    guard case .command(let failure) = error, failure.subject.command == .transferToHost2D else {
      Issue.record("\(String(describing: error))")
      return
    }
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.staleRegion.isEmpty, "the pixels are as they were drawn")
    rig.gpu.clear()
    _ = try display.present(frame, [Rectangle(x: 1, y: 1, width: 1, height: 1)])
    #expect(rig.gpu.types == [0x105, 0x104])
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [0, 0, 64, 48])
  }

  @Test("of several failures the first is told")
  func firstFailure() throws {
    var display = try rig.open()
    rig.gpu.amend = { _, reply in reply?.type = 0x1200 }
    guard case .command(let failure) = try present(&display) else {
      Issue.record("no error")
      return
    }
    #expect(failure.subject.command == .resourceCreate2D)
  }

  @Test("if the resource cannot be made, every further frame says so")
  func creationFailure() throws {
    var display = try rig.open()
    amend(.resourceCreate2D) { $0.type = 0x1201 }
    _ = try present(&display)
    rig.gpu.amend = { _, _ in }
    for _ in 0..<2 {
      let error = failure { () throws(GPUError) in try display.tryNextFrame() }
      guard case .command(let failure) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(failure.reason == .refused(.outOfMemory))
    }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("F-QUARANTINE, Q25, T04, SMP11, SMP13: an answer that comes too late harms nothing")
  func late() throws {
    var display = try rig.openWithFrame()
    rig.gpu.isHolding = true
    let error = failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) }
    #expect(error == .timedOut(CommandSubject(.getDisplayInfo), needsReset: false))
    let asked = rig.gpu.types.count
    let again = failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) }
    #expect(again == .timedOut(CommandSubject(.getDisplayInfo), needsReset: false))
    #expect(rig.gpu.types.count == asked, "its slot is the device's until it gives it back")
    rig.gpu.isHolding = false
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    rig.gpu.outputs[0].width = 320
    rig.gpu.answerHeld()
    try display.drain()
    let width = display.scanouts[0].width
    #expect(width == 64, "nobody asked for that answer any more")
    try display.updateScanouts(waiting: rig.waiter)
    let now = display.scanouts[0].width
    #expect(now == 320)
    #expect(try present(&display) == nil)
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("what went wrong before a call was given up is nothing to the next call")
  func failureBeforeTimeout() throws {
    var display = try rig.openWithFrame()
    rig.gpu.amend = { request, reply in
      if request.type == 0x101 { reply?.type = 0x1201 }
      if request.type == 0x106 { reply = nil }
    }
    let image = [UInt32](repeating: 0, count: 4096)
    let error = failure {
      () throws(GPUError) in
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
    }
    guard case .timedOut = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    rig.gpu.amend = { _, _ in }
    try display.updateScanouts(waiting: rig.waiter)
  }

  @Test("once the late answer is there, asking again works at once")
  func retryAfterLate() throws {
    var display = try rig.open()
    rig.gpu.isHolding = true
    _ = failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) }
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    let error = failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) }
    #expect(error == nil)
  }

  @Test("a late answer to a cursor image is no answer to the next")
  func lateCursor() throws {
    var display = try rig.open()
    let image = Array(repeating: UInt32(1), count: 64 * 64)
    rig.gpu.isHolding = true
    let error = failure {
      () throws(GPUError) in
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
    }
    guard case .timedOut = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(rig.gpu.types.prefix(2) == [0x101, 0x106])
    // The first answers are errors, and arrive while the second image is being waited for.
    rig.gpu.amend = { request, reply in if request.word(at: 24) == 1 { reply?.type = 0x1200 } }
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    try display.setCursor(image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
    #expect(rig.gpu.types.suffix(4) == [0x101, 0x106, 0x105, 0x300])
    #expect(rig.gpu.requests.suffix(4).first?.word(at: 24) == 2)
  }

  @Test("of several commands that are not answered, the first is named")
  func firstUnanswered() throws {
    var display = try rig.open()
    let image = Array(repeating: UInt32(1), count: 64 * 64)
    rig.gpu.isHolding = true
    let error = failure {
      () throws(GPUError) in
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
    }
    #expect(
      error
        == .timedOut(
          CommandSubject(.resourceCreate2D, resource: ResourceID(rawValue: 1)), needsReset: false))
  }

  @Test("a broken queue is an error everywhere, and closing still gives the memory back")
  func brokenQueue() throws {
    var display = try rig.openWithFrame()
    rig.transport.rings[0]?.use(999)
    let drained = failure { () throws(GPUError) in try display.drain() }
    guard case .queue(.broken(let found)) = drained else {
      Issue.record("\(String(describing: drained))")
      return
    }
    let frame = failure { () throws(GPUError) in try display.tryNextFrame() }
    let update = failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) }
    #expect(frame == .queue(.broken(found)) && update == .queue(.broken(found)))
    do throws(GPUError) {
      try display.close(waiting: rig.waiter)
      Issue.record("no error")
    } catch {
      #expect(error == .queue(.broken(found)))
    }
    #expect(rig.platform.isBalanced)
  }
}
