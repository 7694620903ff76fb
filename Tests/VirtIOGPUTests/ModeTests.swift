import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Sizes and formats that the program asks for")
struct ModeTests {
  private let rig = DisplayRig()
  private let first = ScanoutID(rawValue: 0)

  private func present(_ display: inout TestDisplay) throws(GPUError) {
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
  }

  @Test("a size is asked for: the next frame has it, the old resource goes behind it")
  func set() throws {
    var display = try rig.openWithFrame()
    let count = rig.platform.memory.liveCount
    try display.setMode(width: 30, height: 20, format: .r8g8b8a8)
    #expect(rig.gpu.requests.isEmpty, "the old picture stays until there is a new one")
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 30 && frame.height == 20 && frame.format == .r8g8b8a8)
    _ = try display.present(frame)
    #expect(rig.gpu.types == [0x101, 0x106, 0x105, 0x103, 0x104])
    #expect(rig.ringCount == 1)
    #expect(rig.gpu.requests[0].rectangle(at: 24) == [2, 67, 30, 20])
    #expect(rig.gpu.requests[3].rectangle(at: 24) == [0, 0, 30, 20])
    rig.gpu.clear()
    try present(&display)
    #expect(rig.gpu.types == [0x107, 0x102, 0x105, 0x104])
    #expect(rig.gpu.requests.prefix(2).map { $0.word(at: 24) } == [1, 1])
    for _ in 0..<4 { try present(&display) }
    #expect(rig.platform.memory.liveCount == count)

    // What the display suggests does not matter any more, until it does again.
    rig.gpu.outputs[0].width = 99
    try display.updateScanouts(waiting: rig.waiter)
    let same = try display.nextFrame(waiting: rig.waiter)
    #expect(same.width == 30)
    _ = consume same
    try display.followDisplay()
    let last = try display.nextFrame(waiting: rig.waiter)
    #expect(last.width == 99 && last.height == 48 && last.format == .r8g8b8a8)
    _ = consume last
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("the display is opened with a format for all frames")
  func format() throws {
    var display = try TestDisplay.open(
      rig.transport, on: rig.platform, format: .x8r8g8b8, waiting: rig.waiter)
    rig.gpu.clear()
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.format == .x8r8g8b8)
    _ = try display.present(frame)
    #expect(rig.gpu.requests.first?.word(at: 28) == 4)
  }

  @Test(
    "sizes without pixels, or too large to be told, are refused at once, and nothing changes",
    arguments: [(0, 0), (0, 9), (9, 0), (65_535, 65_535), (.max, .max), (0x1_0000, 0x1_0000)]
      as [(UInt32, UInt32)])
  func impossible(_ width: UInt32, _ height: UInt32) throws {
    var display = try rig.openWithFrame()
    let error = failure { () throws(GPUError) in
      try display.setMode(width: width, height: height)
    }
    #expect(error == .invalidSize(width: width, height: height))
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 64)
  }

  @Test("no memory for a size is said once, and the frames are as before; asked again it is tried")
  func noMemory() throws {
    var display = try rig.openWithFrame()
    for _ in 0..<2 {
      try display.setMode(width: 0x3fff_ffff, height: 1)
      let error = failure { () throws(GPUError) in
        _ = try display.nextFrame(waiting: rig.waiter)
      }
      guard case .outOfMemory = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      let frame = try display.nextFrame(waiting: rig.waiter)
      #expect(frame.width == 64)
    }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test(
    "a size that the device refuses is said once, and the old picture is gone back to",
    arguments: [0x101, 0x106, 0x103] as [UInt32], [false, true])
  func refused(_ type: UInt32, isFirst: Bool) throws {
    var display = isFirst ? try rig.open() : try rig.openWithFrame()
    for _ in 0..<3 {
      rig.gpu.amend = { request, reply in
        if request.type == type { reply?.type = 0x1201 }
      }
      try display.setMode(width: 20, height: 10)
      try present(&display)
      rig.gpu.amend = { _, _ in }
      let error = failure { () throws(GPUError) in
        _ = try display.nextFrame(waiting: rig.waiter)
      }
      guard case .command(let reported) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(reported.subject.command.rawValue == type)
      for _ in 0..<3 {
        let frame = try display.nextFrame(waiting: rig.waiter)
        #expect(frame.width == 64 && frame.height == 48)
        _ = try display.present(frame)
      }
    }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test(
    "the memory of a size that was refused waits for its frames in hand, and is given back then",
    arguments: [0x101, 0x106, 0x103] as [UInt32], [false, true])
  func refusedInHand(_ type: UInt32, isRecovered: Bool) throws {
    var display = try rig.openWithFrame(buffers: .two)
    let count = rig.platform.memory.liveCount
    for _ in 0..<3 {
      rig.gpu.amend = { request, reply in
        if request.type == type { reply?.type = 0x1201 }
      }
      try display.setMode(width: 20, height: 10)
      let inHand = try display.nextFrame(waiting: rig.waiter)
      try present(&display)
      rig.gpu.amend = { _, _ in }
      _ = failure { () throws(GPUError) in _ = try display.nextFrame(waiting: rig.waiter) }
      for _ in 0..<4 { try present(&display) }
      #expect(rig.platform.memory.liveCount > count, "a frame of it is in hand")
      if isRecovered { try display.recover(waiting: rig.waiter) }
      _ = consume inHand
      for _ in 0..<4 { try present(&display) }
      #expect(rig.platform.memory.liveCount == count)
    }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  /// Has the first surface of a display refused, then another size asked for.
  ///
  /// - Returns: A frame of the first, which is on its way out, and stays so while the frame is in hand.
  private func refuseFirst(of display: inout TestDisplay) throws(GPUError) -> Frame {
    rig.gpu.amend = { request, reply in
      if request.type == 0x106 { reply?.type = 0x1201 }
    }
    let inHand = try display.nextFrame(waiting: rig.waiter)
    try present(&display)
    try display.setMode(width: 20, height: 10)
    _ = failure { () throws(GPUError) in _ = try display.nextFrame(waiting: rig.waiter) }
    return inHand
  }

  /// A frame of a surface on its way out is nobody's.
  private func expectStale(_ frame: consuming Frame, _ display: inout TestDisplay) {
    do throws(GPUError) {
      _ = try display.present(frame)
      Issue.record("a frame of a surface that went is presented")
    } catch {
      #expect(error == .staleFrame)
    }
  }

  @Test("a size is refused while one refused before waits for a frame in hand: both go, in turn")
  func refusedTwice() throws {
    var display = try rig.open(buffers: .two)
    let inHand = try refuseFirst(of: &display)
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 20)
    _ = try display.present(frame)
    for _ in 0..<4 {
      let error = failure { () throws(GPUError) in
        let isNone = isNothing(try display.tryNextFrame())
        #expect(isNone, "the first surface does not come back")
      }
      guard case .command(let reported) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(reported.subject.command == .resourceAttachBacking)
    }
    rig.gpu.amend = { _, _ in }
    expectStale(inHand, &display)
    for _ in 0..<4 {
      let frame = try display.nextFrame(waiting: rig.waiter)
      #expect(frame.width == 64, "as before the size that was refused")
      _ = try display.present(frame)
    }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("what is on its way out is not shown again by a recovery, though nothing else can be")
  func recoveredWhileGoing() throws {
    var display = try rig.open(buffers: .two)
    let inHand = try refuseFirst(of: &display)
    rig.gpu.amend = { _, _ in }
    _ = try display.nextFrame(waiting: rig.waiter)
    rig.gpu.clear()
    try display.recover(waiting: rig.waiter)
    #expect(!rig.gpu.types.contains(0x101))
    expectStale(inHand, &display)
    for _ in 0..<4 { try present(&display) }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("many sizes, with frames in flight and in hand: nothing is lost, no id is used twice")
  func many() throws {
    var display = try rig.openWithFrame(buffers: .three)
    for number in 1..<20 as Range<UInt32> {
      rig.gpu.isHolding = true
      try present(&display)
      let old = try display.nextFrame(waiting: rig.waiter)
      try display.setMode(width: 16 + number, height: 40 - number)
      _ = try display.present(old)
      let isNone = isNothing(try display.tryNextFrame())
      #expect(isNone, "not while the device has frames of the old size")
      rig.gpu.isHolding = false
      rig.gpu.answerHeld()
      let frame = try display.nextFrame(waiting: rig.waiter)
      #expect(frame.width == Int(16 + number) && frame.height == Int(40 - number))
      _ = try display.present(frame)
      for _ in 0..<3 { try present(&display) }
    }
    let made = rig.gpu.requests.filter { $0.type == 0x101 }.map { $0.word(at: 24) }
    #expect(made == Array(2...20))
    let gone = rig.gpu.requests.filter { $0.type == 0x102 }.map { $0.word(at: 24) }
    #expect(gone == Array(1...19))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("a resource that was never made is not asked to go, however many of its frames have failed")
  func neverMade() throws {
    var display = try rig.openWithFrame(buffers: .two)
    let count = rig.platform.memory.liveCount
    rig.gpu.amend = { request, reply in
      if request.type == 0x101 { reply?.type = 0x1201 }
      if request.type != 0x101, [24, 40, 44, 48].contains(where: { request.word(at: $0) == 2 }) {
        reply?.type = 0x1203
      }
    }
    try display.setMode(width: 20, height: 10)
    rig.gpu.isHolding = true
    for _ in 0..<2 { try present(&display) }
    // The first has failed and that is said; then the second fails in another way.
    rig.gpu.answerHeld(count: 5)
    let error = failure { () throws(GPUError) in _ = try display.tryNextFrame() }
    guard case .command = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    _ = failure { () throws(GPUError) in _ = try display.tryNextFrame() }
    for _ in 0..<4 { try present(&display) }
    #expect(!rig.gpu.types.contains(0x107) && rig.platform.memory.liveCount == count)
    rig.gpu.amend = { _, _ in }
    try display.setMode(width: 30, height: 10)
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 30)
  }

  @Test("a format that the device refuses is said each time that it is asked for, another is had")
  func refusedFormat() throws {
    var display = try rig.openWithFrame()
    rig.gpu.amend = { request, reply in
      if request.type == 0x101, request.word(at: 28) == 4 { reply?.type = 0x1205 }
    }
    for format in [PixelFormat.x8r8g8b8, .x8r8g8b8, .a8b8g8r8] {
      try display.followDisplay(format: format)
      try present(&display)
      let error = failure { () throws(GPUError) in try present(&display) }
      let isRefused = format == .x8r8g8b8
      #expect((error != nil) == isRefused)
      let frame = try display.nextFrame(waiting: rig.waiter)
      #expect(frame.format == (isRefused ? .b8g8r8x8 : format))
    }
  }

  @Test("where the device does not let go of the old surface, a size is refused as busy")
  func neverReleased() throws {
    var display = try rig.openWithFrame()
    rig.gpu.amend = { request, reply in if request.type == 0x102 { reply?.type = 0x1200 } }
    try display.setMode(width: 20, height: 10)
    for _ in 0..<4 { try present(&display) }
    try display.setMode(width: 30, height: 10)
    let error = failure { () throws(GPUError) in _ = try display.nextFrame(waiting: rig.waiter) }
    #expect(error == .busy)
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 20)
  }

  @Test("GPU-INIT-2: without a display there is no frame, unless 1024x768 is asked for")
  func fallback() throws {
    rig.gpu.outputs = [.init(isEnabled: false, width: 0, height: 0)]
    rig.transport.configuration[2] = 2
    var display = try rig.open()
    var error = failure { () throws(GPUError) in _ = try display.nextFrame(waiting: rig.waiter) }
    #expect(error == .noScanout)
    error = failure { () throws(GPUError) in
      try display.setMode(width: 1024, height: 768, on: first)
    }
    #expect(error == .scanoutDisabled(first))
    try display.useFallbackMode()
    do {
      let frame = try display.nextFrame(waiting: rig.waiter)
      #expect(frame.scanout == first && frame.width == 1024 && frame.height == 768)
      _ = try display.present(frame)
    }
    #expect(rig.gpu.types == [0x101, 0x106, 0x105, 0x103, 0x104])
    // It goes on while there is none, and ends with the first that is connected.
    try display.updateScanouts(waiting: rig.waiter)
    try present(&display)
    rig.gpu.outputs = [.init(isEnabled: false), .init()]
    try display.updateScanouts(waiting: rig.waiter)
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.scanout.rawValue == 1 && frame.width == 64)
    error = failure { () throws(GPUError) in
      _ = try display.nextFrame(on: first, waiting: rig.waiter)
    }
    #expect(error == .scanoutDisabled(first))
    try display.useFallbackMode()
    let isSame = display.enabledScanouts == 2
    #expect(isSame)
  }

  @Test("a display of 1024x768 that is unplugged is told anew what it shows, on request")
  func fallbackAgain() throws {
    rig.gpu.outputs = [.init(width: 1024, height: 768)]
    var display = try rig.openWithFrame()
    rig.gpu.outputs = []
    try display.updateScanouts(waiting: rig.waiter)
    rig.gpu.clear()
    try display.useFallbackMode()
    #expect(rig.gpu.types == [0x103, 0x104])
    let frame = try display.nextFrame(waiting: rig.waiter)
    #expect(frame.width == 1024)
  }
}
