import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Frames in several slots")
struct PipelineTests {
  private let rig = DisplayRig()
  private let byteCount: UInt64 = 64 * 48 * 4

  private func presentNext(
    _ display: inout TestDisplay, as policy: PresentationPolicy = .queued
  ) throws -> Presentation {
    try display.present(display.nextFrame(waiting: rig.waiter), as: policy)
  }

  @Test(
    """
    F-PIPELINE, F-NONBLOCKING, F-FLIP: the next frame can be had while the device has the last, \
    until all slots are in flight
    """)
  func backPressure() throws {
    for buffers in BufferCount.allCases {
      let rig = DisplayRig()
      var display = try rig.openWithFrame(buffers: buffers)
      rig.gpu.isHolding = true
      for _ in 0..<buffers.rawValue {
        _ = try display.present(display.nextFrame(waiting: rig.waiter))
      }
      let isNone = isNothing(try display.tryNextFrame())
      #expect(isNone)
      #expect(rig.ringCount == buffers.rawValue && rig.gpu.types.count == 2 * buffers.rawValue)
      rig.gpu.answerHeld()
      let isThere = !isNothing(try display.tryNextFrame())
      #expect(isThere)
    }
  }

  @Test("the offset of the transfer says in which slot the pixels are")
  func offsets() throws {
    var display = try rig.open(buffers: .three)
    for _ in 0..<6 { _ = try presentNext(&display) }
    let transfers = rig.gpu.requests.filter { $0.type == 0x105 }
    #expect(transfers.map { $0.long(at: 40) / byteCount } == [0, 1, 2, 0, 1, 2])
    #expect(Set(transfers.map { $0.word(at: 48) }).count == 1, "it is all one resource")
    #expect(rig.gpu.types.filter { $0 == 0x103 || $0 == 0x101 }.count == 2)
  }

  @Test("damage is transferred from its slot, and no more than it, though the slot was stale")
  func damage() throws {
    var display = try rig.openWithFrame(buffers: .two)
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.staleRegion.bounds == frame.bounds)
    _ = try display.present(frame, [Rectangle(x: 10, y: 5, width: 7, height: 3)])
    #expect(rig.gpu.types == [0x105, 0x104] && rig.ringCount == 1)
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [10, 5, 7, 3])
    #expect(rig.gpu.requests[0].long(at: 40) == byteCount + (5 * 64 + 10) * 4)
    let next = try display.nextFrame(waiting: rig.waiter)
    #expect(next.staleRegion.rectangles.count == 1)
    #expect(next.staleRegion.bounds == Rectangle(x: 10, y: 5, width: 7, height: 3))
  }

  @Test("a frame that others were presented before is sent whole, and all others are stale then")
  func overtaken() throws {
    var display = try rig.openWithFrame(buffers: .three)
    for _ in 0..<2 { _ = try presentNext(&display) }
    let first = try display.nextFrame(waiting: rig.waiter)
    let second = try display.nextFrame(waiting: rig.waiter)
    let damage = [Rectangle(x: 1, y: 1, width: 2, height: 2)]
    _ = try display.present(second, damage)
    rig.gpu.clear()
    _ = try display.present(first, damage)
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [0, 0, 64, 48])
    let third = try display.nextFrame(waiting: rig.waiter)
    #expect(third.staleRegion.bounds == third.bounds)
  }

  @Test("F-FENCE: frames arrive in any order, and each is known by its fence")
  func anyOrder() throws {
    var display = try rig.openWithFrame(buffers: .three)
    rig.gpu.isHolding = true
    let presentations = [try presentNext(&display), try presentNext(&display)]
    rig.gpu.answerHeld(reversed: true, count: 2)
    #expect(try !display.isComplete(presentations[0]))
    #expect(try display.isComplete(presentations[1]))
    rig.gpu.answerHeld()
    #expect(try display.isComplete(presentations[0]))
  }

  @Test("of two frames that fail, each says so")
  func bothFail() throws {
    var display = try rig.openWithFrame(buffers: .two)
    rig.gpu.isHolding = true
    rig.gpu.amend = { request, reply in if request.type == 0x104 { reply?.type = 0x1200 } }
    let presentations = [try presentNext(&display), try presentNext(&display)]
    rig.gpu.answerHeld()
    for presentation in presentations {
      let error = failure { () throws(GPUError) in try display.isComplete(presentation) }
      guard case .command(let failure) = error, failure.subject.command == .resourceFlush else {
        Issue.record("\(String(describing: error))")
        continue
      }
    }
    rig.gpu.amend = { _, _ in }
    rig.gpu.isHolding = false
    rig.gpu.clear()
    _ = try display.present(
      display.nextFrame(waiting: rig.waiter), [Rectangle(x: 0, y: 0, width: 1, height: 1)])
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [0, 0, 64, 48], "nobody knows what arrived")
  }

  @Test("a display that is resized waits for frames in flight, then has the new size")
  func resize() throws {
    var display = try rig.openWithFrame(buffers: .two)
    rig.gpu.isHolding = true
    _ = try presentNext(&display)
    rig.gpu.isHolding = false
    rig.gpu.outputs[0].width = 20
    try display.updateScanouts(waiting: rig.waiter)
    let isNone = isNothing(try display.tryNextFrame())
    #expect(isNone)
    rig.gpu.answerHeld()
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 20)
  }

  // MARK: Mailbox

  @Test("F-COMPLETION: in the mailbox the newest frame waits, and what it replaces is free again")
  func mailbox() throws {
    var display = try rig.openWithFrame(buffers: .three)
    rig.gpu.isHolding = true
    rig.gpu.clear()
    let shown = try presentNext(&display, as: .mailbox)
    #expect(rig.gpu.types == [0x105, 0x104])
    let parts = (0..<4).map { Rectangle(x: 10 * $0, y: 0, width: 4, height: 4) }
    var presentations: [Presentation] = []
    for part in parts {
      let damage = [part]
      presentations.append(
        try display.present(
          display.nextFrame(waiting: rig.waiter), damage: damage.span, as: .mailbox))
    }
    #expect(rig.gpu.types.count == 2 && rig.ringCount == 1, "nothing is sent while it is busy")
    #expect(try !display.isComplete(presentations[0]))
    rig.gpu.answerHeld()
    #expect(try display.isComplete(shown) && !display.isComplete(presentations[3]))
    #expect(rig.ringCount == 2)
    let sent = rig.gpu.requests.dropFirst(2).filter { $0.type == 0x105 }.map {
      $0.rectangle(at: 24)
    }
    let damaged = sent.map { Rectangle(x: Int($0[0]), y: Int($0[1]), width: Int($0[2]), height: 4) }
    for part in parts { #expect(damaged.contains { $0.contains(part) }, "damage is carried over") }
    rig.gpu.answerHeld()
    for presentation in presentations { #expect(try display.isComplete(presentation)) }
  }

  @Test("what waits in the mailbox is overtaken as soon as the device is free")
  func mailboxOvertaken() throws {
    var display = try rig.openWithFrame(buffers: .three)
    rig.gpu.isHolding = true
    rig.gpu.clear()
    _ = try presentNext(&display, as: .mailbox)
    _ = try presentNext(&display, as: .mailbox)
    let frame = try display.nextFrame(waiting: rig.waiter)
    rig.gpu.answerHeld()
    _ = try display.present(frame, as: .mailbox)
    #expect(rig.gpu.types.count == 4 && rig.ringCount == 2)
    let offsets = rig.gpu.requests.filter { $0.type == 0x105 }.map { $0.long(at: 40) / byteCount }
    #expect(offsets == [1, 0])
  }

  @Test("what is in the mailbox waits for commands too, if others have them all")
  func mailboxBusy() throws {
    rig.transport.maximumSizes[0] = 16
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init()]
    var display = try rig.open(buffers: .two)
    rig.gpu.isHolding = true
    let scanouts = (0..<2).map { ScanoutID(rawValue: $0) }
    _ = try display.present(display.nextFrame(on: scanouts[0], waiting: rig.waiter))
    let frame = try display.nextFrame(on: scanouts[1], waiting: rig.waiter)
    let presentation = try display.present(frame, as: .mailbox)
    #expect(try !display.isComplete(presentation) && rig.ringCount == 1)
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    #expect(try !display.isComplete(presentation), "it was sent by this")
    #expect(try display.isComplete(presentation) && rig.ringCount == 2)
  }

  @Test("a queued frame goes behind one in the mailbox, and neither is lost")
  func mixed() throws {
    var display = try rig.openWithFrame(buffers: .three)
    rig.gpu.isHolding = true
    rig.gpu.clear()
    _ = try presentNext(&display)
    _ = try presentNext(&display, as: .mailbox)
    _ = try presentNext(&display)
    let offsets = rig.gpu.requests.filter { $0.type == 0x105 }.map { $0.long(at: 40) / byteCount }
    #expect(offsets == [1, 2, 0])
  }

  // MARK: One resource for each slot

  @Test("a device that refuses transfers from behind the first picture gets a resource a slot")
  func separate() throws {
    rig.gpu.amend = { [byteCount] request, reply in
      if request.type == 0x105, request.long(at: 40) >= byteCount { reply?.type = 0x1205 }
    }
    var display = try rig.openWithFrame(buffers: .two)
    let presentation = try presentNext(&display)
    try display.finish(presentation, waiting: rig.waiter)
    #expect(rig.gpu.types == [0x105, 0x104, 0x101, 0x106, 0x105, 0x103, 0x104])
    let created = try #require(rig.gpu.requests.first { $0.type == 0x101 }).word(at: 24)
    rig.gpu.clear()
    for _ in 0..<2 { _ = try presentNext(&display) }
    #expect(rig.gpu.types == [0x105, 0x103, 0x104, 0x105, 0x103, 0x104])
    let shown = rig.gpu.requests.filter { $0.type == 0x103 }.map { $0.word(at: 44) }
    #expect(shown[0] != created && shown[1] == created)
    rig.gpu.clear()
    let frame = try display.nextFrame(waiting: rig.waiter)
    _ = try display.present(frame, [Rectangle(x: 3, y: 3, width: 1, height: 1)])
    let next = try display.nextFrame(waiting: rig.waiter)
    #expect(next.staleRegion.bounds == Rectangle(x: 3, y: 3, width: 1, height: 1))
    rig.gpu.clear()
    _ = try display.present(next, [Rectangle(x: 40, y: 40, width: 1, height: 1)])
    #expect(rig.gpu.types == [0x105, 0x105, 0x103, 0x104], "what its resource lacks goes along")
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }
}
