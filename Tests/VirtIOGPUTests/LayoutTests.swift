import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("What scanouts show")
struct LayoutTests {
  private let rig = DisplayRig()
  private let ids = (0..<4).map { ScanoutID(rawValue: $0) }

  /// A display with so many scanouts, each with a picture.
  private func open(_ count: Int, buffers: BufferCount = .one) throws -> TestDisplay {
    rig.transport.configuration[2] = UInt32(count)
    rig.gpu.outputs = []
    for index in 0..<UInt32(count) {
      rig.gpu.outputs.append(.init(x: 64 * index, width: 64, height: 48 + 8 * index))
    }
    var display = try rig.open(buffers: buffers)
    for id in ids.prefix(count) {
      _ = try display.present(display.nextFrame(on: id, waiting: rig.waiter))
    }
    try display.drain()
    rig.gpu.clear()
    return display
  }

  private func present(_ display: inout TestDisplay, on id: ScanoutID? = nil) throws(GPUError) {
    _ = try display.present(display.nextFrame(on: id, waiting: rig.waiter))
  }

  /// Which scanout was told to show what of which resource, in this order.
  private var shown: [[UInt32]] {
    rig.gpu.requests.filter { $0.type == 0x103 }
      .map { [$0.word(at: 40), $0.word(at: 44)] + $0.rectangle(at: 24) }
  }

  @Test("a mirror is told of the other's resource at once; its own goes, and frames take no more")
  func mirror() throws {
    for buffers in BufferCount.allCases {
      let suite = LayoutTests()
      try suite.mirror(buffers)
    }
  }

  private func mirror(_ buffers: BufferCount) throws {
    var display = try open(2, buffers: buffers)
    try display.mirror(ids[0], on: ids[1])
    #expect(rig.gpu.types == [0x103, 0x104] && rig.ringCount == 1)
    #expect(shown == [[1, 1, 0, 0, 64, 48]])
    #expect(rig.gpu.requests[1].rectangle(at: 24) == [0, 0, 64, 48])
    rig.gpu.clear()
    try present(&display)
    #expect(rig.gpu.types == [0x107, 0x102, 0x105, 0x104])
    #expect(rig.gpu.requests[0].word(at: 24) == 2)
    for _ in 0..<8 { try present(&display, on: ids[1]) }
    for _ in 0..<8 { try present(&display) }
    #expect(display.laneScanouts == 1)
    rig.gpu.clear()
    for _ in 0..<4 { try present(&display) }
    #expect(rig.gpu.types == [0x105, 0x104, 0x105, 0x104, 0x105, 0x104, 0x105, 0x104])
    let frame = try display.nextFrame(on: ids[1], waiting: rig.waiter)
    #expect(frame.scanout == ids[0])
    _ = consume frame
    rig.gpu.clear()
    try display.close(waiting: rig.waiter)
    #expect(Set(shown.map { $0[0] }) == [0, 1] && Set(shown.map { $0[1] }) == [0], "both are off")
    #expect(rig.platform.isBalanced)
  }

  @Test("a mirror before the first frame is shown by that, with one doorbell")
  func mirrorAtFirst() throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init()]
    var display = try rig.open()
    try display.mirror(ids[1], on: ids[0])
    #expect(rig.gpu.requests.isEmpty)
    try present(&display)
    #expect(rig.gpu.types == [0x101, 0x106, 0x105, 0x103, 0x103, 0x104, 0x10a])
    #expect(shown == [[0, 1, 0, 0, 64, 48], [1, 1, 0, 0, 64, 48]])
    #expect(rig.ringCount == 1)
    let found = display.viewport(of: ids[0])
    #expect(found?.source == ids[1] && found?.rectangle == nil)
  }

  @Test("a mirror ends: the scanout has frames of its own again")
  func mirrorEnds() throws {
    var display = try open(2)
    try display.mirror(ids[0], on: ids[1])
    for _ in 0..<3 { try present(&display) }
    try display.followDisplay(on: ids[1])
    rig.gpu.clear()
    let frame = try display.nextFrame(on: ids[1], waiting: rig.waiter)
    #expect(frame.scanout == ids[1] && frame.height == 56)
    _ = try display.present(frame)
    #expect(shown == [[1, 3, 0, 0, 64, 56]])
    try present(&display)
    #expect(shown.count == 1)
    // Again, but it changes its mind before the device has said anything.
    try display.mirror(ids[0], on: ids[1])
    try display.followDisplay(on: ids[1])
    try present(&display, on: ids[1])
    try present(&display, on: ids[1])
    #expect(shown.last == [1, 3, 0, 0, 64, 56])
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("frames of the scanout's own that are in hand or in flight do no harm")
  func mirrorWithFrames() throws {
    var display = try open(2, buffers: .two)
    rig.gpu.isHolding = true
    try present(&display, on: ids[1])
    let frame = try display.nextFrame(on: ids[1], waiting: rig.waiter)
    try display.mirror(ids[0], on: ids[1])
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    for _ in 0..<3 { try present(&display) }
    #expect(!rig.gpu.types.contains(0x107), "not while a frame is in hand")
    let error = refusal(of: frame, &display)
    #expect(error == .staleFrame)
    for _ in 0..<3 { try present(&display) }
    #expect(rig.gpu.types.contains(0x107))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  private func refusal(of frame: consuming Frame, _ display: inout TestDisplay) -> GPUError? {
    do throws(GPUError) {
      _ = try display.present(frame)
      return nil
    } catch {
      return error
    }
  }

  @Test(
    "a refused mirror is said once, and the scanout goes on with its own",
    arguments: [false, true])
  func mirrorRefused(isFirst: Bool) throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init()]
    var display = isFirst ? try rig.open() : try open(2)
    rig.gpu.amend = { request, reply in
      if request.type == 0x103, request.word(at: 40) == 1 { reply?.type = 0x1205 }
    }
    try display.mirror(ids[0], on: ids[1])
    if isFirst { try present(&display) }
    rig.gpu.amend = { _, _ in }
    var failures = 0
    for _ in 0..<6 {
      do throws(GPUError) {
        try present(&display)
      } catch {
        guard case .command(let failure) = error else { throw error }
        #expect(failure.subject.scanout == ids[1])
        failures += 1
      }
    }
    #expect(failures == 1)
    let found = display.viewport(of: ids[1])
    #expect(found?.source == ids[1])
    let frame = try display.nextFrame(on: ids[1], waiting: rig.waiter)
    #expect(frame.scanout == ids[1])
    _ = try display.present(frame)
    if !isFirst { #expect(shown.last?.prefix(2) == [1, 2], "its own picture, again") }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("a span: one surface, each scanout its part, with the doorbell of the first frame")
  func span() throws {
    var display = try open(3)
    try display.span(ids.span.extracting(0..<3))
    #expect(rig.gpu.requests.isEmpty, "the old pictures stay until there is a new one")
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 192 && frame.height == 64)
    _ = try display.present(frame)
    #expect(rig.gpu.types == [0x101, 0x106, 0x105, 0x103, 0x103, 0x103, 0x104])
    #expect(
      shown == [[0, 4, 0, 0, 64, 48], [1, 4, 64, 0, 64, 56], [2, 4, 128, 0, 64, 64]])
    #expect(rig.ringCount == 1)
    rig.gpu.clear()
    for _ in 0..<4 { try present(&display) }
    let gone = rig.gpu.requests.filter { $0.type == 0x102 }.map { $0.word(at: 24) }
    #expect(gone == [1, 2, 3])
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("a span side by side; one that is named twice")
  func sideBySide() throws {
    var display = try open(2)
    try display.span([ids[1], ids[0]].span, arranged: .sideBySide)
    try present(&display)
    #expect(shown == [[0, 3, 64, 0, 64, 48], [1, 3, 0, 0, 64, 56]])
    let frame = try display.nextFrame(on: ids[0], waiting: rig.waiter)
    #expect(frame.scanout == ids[1] && frame.width == 128)
    _ = consume frame
    try display.span([ids[1], ids[1]].span)
    let found = display.viewport(of: ids[1])
    #expect(found?.rectangle == Rectangle(x: 0, y: 0, width: 64, height: 56))
  }

  @Test(
    "a refused span is said once, and all scanouts go back", arguments: [0x101, 0x103] as [UInt32])
  func spanRefused(_ type: UInt32) throws {
    var display = try open(2)
    try display.span(ids.span.extracting(0..<2))
    rig.gpu.amend = { request, reply in
      if request.type == type, type == 0x101 || request.word(at: 40) == 0 { reply?.type = 0x1201 }
    }
    try present(&display)
    rig.gpu.amend = { _, _ in }
    let error = failure { () throws(GPUError) in _ = try display.nextFrame(waiting: rig.waiter) }
    guard case .command = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    rig.gpu.clear()
    for (index, id) in ids.prefix(2).enumerated() {
      let frame = try display.nextFrame(on: id, waiting: rig.waiter)
      #expect(frame.scanout == id && frame.width == 64 && frame.height == 48 + 8 * index)
      _ = try display.present(frame)
    }
    // The device may have shown the new one here.
    #expect(Set(shown.map { $0[1] }) == [1, 2])
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("panning takes two commands and a doorbell, no frame; the lane goes on after it")
  func pan() throws {
    var display = try open(1, buffers: .two)
    try display.setMode(width: 200, height: 100)
    try display.show(Rectangle(x: 0, y: 0, width: 64, height: 48), of: ids[0], on: ids[0])
    #expect(rig.gpu.requests.isEmpty)
    try present(&display)
    #expect(shown == [[0, 2, 0, 0, 64, 48]])
    for _ in 0..<8 { try present(&display) }
    #expect(display.laneScanouts == 1)
    rig.gpu.clear()
    try display.pan(toX: 136, y: 52)
    #expect(rig.gpu.types == [0x103, 0x104] && rig.ringCount == 1)
    #expect(shown == [[0, 2, 136, 52, 64, 48]])
    #expect(rig.gpu.requests[1].rectangle(at: 24) == [136, 52, 64, 48])
    try display.pan(toX: 136, y: 52)
    #expect(rig.gpu.types.count == 2, "nothing new")
    for _ in 0..<8 { try present(&display) }
    #expect(display.laneScanouts == 1)
    for (x, y) in [(137, 52), (136, 53), (-1, 0), (0, .min), (.max, .max)] {
      let error = failure { () throws(GPUError) in try display.pan(toX: x, y: y) }
      #expect(error == .invalidViewport(Rectangle(x: x, y: y, width: 64, height: 48)))
    }
  }

  @Test("while the device has a move, only the newest place is kept; a refused one is undone")
  func panFast() throws {
    var display = try open(1)
    try display.setMode(width: 200, height: 100)
    try display.show(Rectangle(x: 0, y: 0, width: 64, height: 48), of: ids[0], on: ids[0])
    for _ in 0..<3 { try present(&display) }
    rig.gpu.clear()
    rig.gpu.isHolding = true
    for x in 1..<50 { try display.pan(toX: x, y: 0) }
    #expect(shown.map { $0[2] } == [1])
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    try display.drain()
    #expect(shown.map { $0[2] } == [1, 49])
    rig.gpu.amend = { request, reply in if request.type == 0x103 { reply?.type = 0x1205 } }
    try display.pan(toX: 70, y: 0)
    rig.gpu.amend = { _, _ in }
    let error = failure { () throws(GPUError) in _ = try display.nextFrame(waiting: rig.waiter) }
    guard case .command = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    for _ in 0..<3 { try present(&display) }
    #expect(shown.map { $0[2] } == [1, 49, 70, 49])
  }

  @Test("without room for all commands of a large layout, the others follow by themselves")
  func fewCommands() throws {
    rig.transport.maximumSizes[0] = 16
    var display = try open(4)
    try display.span(ids.span)
    for _ in 0..<8 { try present(&display) }
    try display.drain()
    #expect(Set(shown.map { $0[0] }) == [0, 1, 2, 3] && Set(shown.map { $0[1] }) == [5])
    let gone = rig.gpu.requests.filter { $0.type == 0x102 }.map { $0.word(at: 24) }
    #expect(Set(gone) == [1, 2, 3, 4])
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("without room for all commands of a first frame, the others follow without a frame")
  func fewCommandsAtFirst() throws {
    rig.transport.maximumSizes[0] = 16
    rig.transport.configuration[2] = 4
    rig.gpu.outputs = Array(repeating: .init(), count: 4)
    var display = try rig.open()
    for id in ids.dropFirst() { try display.mirror(ids[0], on: id) }
    try present(&display)
    #expect(shown.count < 4)
    for _ in 0..<3 { try display.drain() }
    #expect(shown.map { $0[0] } == [0, 1, 2, 3] && Set(shown.map { $0[1] }) == [1])
    #expect(!rig.gpu.types.dropFirst(8).contains(0x105))
  }

  @Test("what cannot be is refused, and nothing changes")
  func refusals() throws {
    var display = try open(3)
    let none = ScanoutID(rawValue: 3)
    let bounds = Rectangle(x: 0, y: 0, width: 64, height: 48)
    for id in [none, ScanoutID(rawValue: 16), ScanoutID(rawValue: .max)] {
      #expect(refusal(&display) { try $0.mirror(id, on: ids[0]) } == .scanoutDisabled(id))
      #expect(refusal(&display) { try $0.mirror(ids[0], on: id) } == .scanoutDisabled(id))
      #expect(refusal(&display) { try $0.pan(toX: 0, y: 0, on: id) } == .scanoutDisabled(id))
      #expect(
        refusal(&display) { try $0.span([ids[0], id].span) } == .scanoutDisabled(id))
    }
    let error = refusal(&display) { try $0.span([ScanoutID]().span) }
    #expect(error == .noScanout)
    for part in [Rectangle.empty, Rectangle(x: 0, y: 0, width: 65, height: 48)] {
      let error = refusal(&display) { try $0.show(part, of: ids[0], on: ids[0]) }
      #expect(error == .invalidViewport(part))
    }
    try display.show(bounds, of: ids[0], on: ids[1])
    // Its surface is shown by another.
    #expect(
      refusal(&display) { try $0.mirror(ids[2], on: ids[0]) } == .surfaceIsShared(ids[0]))
    #expect(
      refusal(&display) { try $0.span([ids[2], ids[0]].span) } == .surfaceIsShared(ids[0]))
    // It shows another's.
    #expect(
      refusal(&display) { try $0.show(nil, of: ids[1], on: ids[2]) }
        == .surfaceIsShared(ids[1]))
    // As it does.
    try display.mirror(ids[1], on: ids[2])
    let found = display.viewport(of: ids[2])
    #expect(found == Viewport(source: ids[0], rectangle: bounds))
  }

  private func refusal(
    _ display: inout TestDisplay, _ body: (inout TestDisplay) throws -> Void
  ) -> GPUError? {
    do {
      try body(&display)
      return nil
    } catch {
      return error as? GPUError
    }
  }

  @Test("a mirror's display, or its source's, is unplugged and plugged again", arguments: [0, 1])
  func unplugged(_ index: Int) throws {
    var display = try open(2)
    try display.mirror(ids[0], on: ids[1])
    for _ in 0..<3 { try present(&display) }
    rig.gpu.outputs[index] = .init(isEnabled: false, width: 0, height: 0)
    try display.updateScanouts(waiting: rig.waiter)
    rig.gpu.clear()
    for _ in 0..<3 {
      let frame = try display.nextFrame(waiting: rig.waiter)
      #expect(frame.scanout == ids[0] && frame.width == 64 && frame.height == 48)
      _ = try display.present(frame)
    }
    let other = try display.nextFrame(on: ids[1 - index], waiting: rig.waiter)
    #expect(other.scanout == ids[0])
    _ = try display.present(other)
    #expect(shown.isEmpty)
    rig.gpu.outputs[index] = .init()
    try display.updateScanouts(waiting: rig.waiter)
    #expect(shown == [[UInt32(index), 1, 0, 0, 64, 48]], "shown again, at once")
    for _ in 0..<3 { try present(&display) }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("all displays of a span are unplugged, and plugged again")
  func allUnplugged() throws {
    var display = try open(2)
    try display.span(ids.span.extracting(0..<2))
    for _ in 0..<3 { try present(&display) }
    let outputs = rig.gpu.outputs
    rig.gpu.outputs = []
    try display.updateScanouts(waiting: rig.waiter)
    let error = failure { () throws(GPUError) in _ = try display.nextFrame(waiting: rig.waiter) }
    #expect(error == .noScanout)
    rig.gpu.clear()
    rig.gpu.outputs = outputs
    try display.updateScanouts(waiting: rig.waiter)
    #expect(shown == [[0, 3, 0, 0, 64, 48], [1, 3, 64, 0, 64, 56]])
    try present(&display)
    #expect(rig.ringCount >= 2)
  }

  @Test("a source that is resized is shown in its new size by all, with its first frame")
  func sourceResized() throws {
    var display = try open(2)
    try display.mirror(ids[0], on: ids[1])
    for _ in 0..<3 { try present(&display) }
    rig.gpu.clear()
    rig.gpu.outputs[0].width = 100
    try display.updateScanouts(waiting: rig.waiter)
    #expect(shown.isEmpty)
    try present(&display)
    #expect(shown == [[0, 3, 0, 0, 100, 48], [1, 3, 0, 0, 100, 48]])
    // A part that does not lie in the new surface gives way to all of it.
    try display.show(Rectangle(x: 80, y: 10, width: 20, height: 20), of: ids[0], on: ids[1])
    try present(&display)
    rig.gpu.clear()
    rig.gpu.outputs[0].width = 90
    try display.updateScanouts(waiting: rig.waiter)
    try present(&display)
    #expect(shown == [[0, 4, 0, 0, 90, 48], [1, 4, 0, 0, 90, 48]])
  }
}
