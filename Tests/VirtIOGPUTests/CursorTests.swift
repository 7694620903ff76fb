import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("The cursor")
struct CursorTests {
  private let rig = DisplayRig()
  private let image = (0..<64 * 64).map { UInt32($0) }

  private func setCursor(_ display: inout TestDisplay, x: UInt32 = 3, y: UInt32 = 4)
    throws(GPUError)
  {
    try display.setCursor(
      image.span, hotspotX: 1, hotspotY: 2, x: x, y: y, waiting: rig.waiter)
  }

  @Test("GPU-CUR-1, GPU-CUR-2, GPU-D-7: the image has arrived, fenced, before UPDATE_CURSOR")
  func order() throws {
    var display = try rig.open()
    try setCursor(&display)
    #expect(rig.gpu.types == [0x101, 0x106, 0x105, 0x300])
    #expect(rig.gpu.requests.map(\.queue) == [0, 0, 0, 1])
    let requests = rig.gpu.requests
    let resource = requests[0].word(at: 24)
    #expect([28, 32, 36].map { requests[0].word(at: $0) } == [1, 64, 64])
    #expect([24, 28, 40].map { requests[1].word(at: $0) } == [resource, 1, 0x4000])
    #expect(requests[2].fence != nil && requests[2].rectangle(at: 24) == [0, 0, 64, 64])
    #expect(requests[2].word(at: 48) == resource)
    #expect(requests[3].bytes.count == 56 && requests[3].room == 0)
    #expect(
      [24, 28, 32, 40, 44, 48].map { requests[3].word(at: $0) } == [0, 3, 4, resource, 1, 2])
    let pixels = try #require(
      rig.platform.memory.view(
        at: DeviceAddress(rawValue: requests[1].long(at: 32)), byteCount: 0x4000))
    #expect((0..<64 * 64).allSatisfy { pixels.load(UInt32.self, at: 4 * $0) == UInt32($0) })
  }

  @Test("GPU-CUR-2: without the fenced answer there is no UPDATE_CURSOR")
  func unanswered() throws {
    var display = try rig.open()
    rig.gpu.amend = { request, reply in if request.type == 0x105 { reply = nil } }
    let error = failure { () throws(GPUError) in try setCursor(&display) }
    #expect(
      error
        == .timedOut(
          CommandSubject(.transferToHost2D, resource: ResourceID(rawValue: 1)), needsReset: false))
    #expect(!rig.gpu.types.contains(0x300))
    let busy = failure { () throws(GPUError) in try setCursor(&display) }
    #expect(busy == .busy, "the device may still be reading the image")
    rig.gpu.amend = { _, _ in }
    rig.gpu.answerHeld()
    try display.drain()
    try setCursor(&display)
    #expect(rig.gpu.types.last == 0x300)
  }

  @Test("GPU-CUR-2: an answer without the fence is none, and there is no UPDATE_CURSOR")
  func unfenced() throws {
    var display = try rig.open()
    rig.gpu.amend = { request, reply in if request.type == 0x105 { reply?.fence = nil } }
    let unfenced = failure { () throws(GPUError) in try setCursor(&display) }
    guard case .command(let failure) = unfenced, case .fence = failure.reason else {
      Issue.record("\(String(describing: unfenced))")
      return
    }
    #expect(!rig.gpu.types.contains(0x300))
  }

  @Test("MOVE_CURSOR carries the resource, and is one doorbell")
  func moving() throws {
    var display = try rig.open()
    try setCursor(&display)
    let resource = rig.gpu.requests[0].word(at: 24)
    rig.gpu.clear()
    try display.moveCursor(toX: 30, y: 40)
    #expect(rig.gpu.types == [0x301] && rig.gpu.requests[0].queue == 1)
    #expect([24, 28, 32, 40].map { rig.gpu.requests[0].word(at: $0) } == [0, 30, 40, resource])
    #expect(rig.transport.journal.ringCount(of: 1) == 1 && rig.ringCount == 0)
    // Many more than there are slots.
    for x: UInt32 in 0..<100 { try display.moveCursor(toX: x, y: x + 1) }
    #expect(rig.gpu.types.count == 101)
    #expect(rig.gpu.requests.last.map { [$0.word(at: 28), $0.word(at: 32)] } == [99, 100])
  }

  @Test("a hidden cursor stays hidden while it moves, and comes back where it went")
  func hiding() throws {
    var display = try rig.open()
    try setCursor(&display)
    rig.gpu.clear()
    try display.hideCursor()
    try display.moveCursor(toX: 8, y: 9)
    #expect(rig.gpu.types == [0x300, 0x301])
    #expect(rig.gpu.requests.map { $0.word(at: 40) } == [0, 0])
    try setCursor(&display, x: 8, y: 9)
    #expect(rig.gpu.types == [0x300, 0x301, 0x105, 0x300], "the resource is there already")
    #expect(rig.gpu.requests.last?.word(at: 40) != 0)
  }

  @Test("on another scanout it is shown by UPDATE_CURSOR")
  func otherScanout() throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init()]
    var display = try rig.open()
    try setCursor(&display)
    rig.gpu.clear()
    try display.moveCursor(toX: 1, y: 2, on: ScanoutID(rawValue: 1))
    let shown = try #require(rig.gpu.requests.last { $0.word(at: 24) == 1 })
    #expect(shown.type == 0x300 && shown.word(at: 40) != 0)
    rig.gpu.clear()
    try display.moveCursor(toX: 3, y: 4)
    #expect(rig.gpu.types == [0x301] && rig.gpu.requests[0].word(at: 24) == 1)
  }

  @Test("it is on one scanout at a time: where it was it is hidden")
  func leaving() throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init()]
    var display = try rig.open()
    try setCursor(&display)
    rig.gpu.clear()
    try display.moveCursor(toX: 1, y: 2, on: ScanoutID(rawValue: 1))
    let old = rig.gpu.requests.filter { $0.word(at: 24) == 0 }
    #expect(old.last?.word(at: 40) == 0 && !old.isEmpty, "QEMU keeps a cursor for each scanout")
  }

  @Test("a cursor queue of one entry is enough")
  func smallestQueue() throws {
    rig.transport.maximumSizes[1] = 1
    var display = try rig.open()
    try setCursor(&display)
    try display.moveCursor(toX: 9, y: 9)
    #expect(rig.gpu.types.suffix(2) == [0x300, 0x301])
  }

  @Test("a smaller image lies in the upper left corner, and the rest is transparent")
  func padding() throws {
    var display = try rig.open()
    try setCursor(&display)
    let address = rig.gpu.requests[1].long(at: 32)
    let pixels = try #require(
      rig.platform.memory.view(at: DeviceAddress(rawValue: address), byteCount: 0x4000))
    for (width, height) in [(1, 1), (64, 1), (1, 64), (17, 5), (64, 64)] {
      rig.gpu.clear()
      // No pixel of the image before may be left.
      let image = (0..<width * height).map {
        0xff00_0000 | UInt32(width << 16 | height << 8) ^ UInt32($0)
      }
      try display.setCursor(
        image.span, width: UInt32(width), height: UInt32(height), hotspotX: UInt32(width - 1),
        hotspotY: UInt32(height - 1), x: 0, y: 0, waiting: rig.waiter)
      #expect(rig.gpu.types == [0x105, 0x300], "the resource is made once")
      #expect(rig.gpu.requests[0].rectangle(at: 24) == [0, 0, 64, 64])
      #expect(
        [44, 48].map { rig.gpu.requests[1].word(at: $0) } == [
          UInt32(width - 1), UInt32(height - 1),
        ])
      let isRight = (0..<64 * 64).allSatisfy { index in
        let (row, column) = (index / 64, index % 64)
        let expected = row < height && column < width ? image[row * width + column] : 0
        return pixels.load(UInt32.self, at: 4 * index) == expected
      }
      #expect(isRight, "\(width)x\(height)")
    }
  }

  @Test(
    "a size that a cursor cannot have is refused before the device is asked for anything",
    arguments: [(0, 64), (64, 0), (65, 1), (1, 65), (.max, 1), (.max, .max)] as [(UInt32, UInt32)])
  func sizes(_ width: UInt32, _ height: UInt32) throws {
    var display = try rig.open()
    let pixels = Array(repeating: UInt32(0), count: 65)
    let error = failure {
      () throws(GPUError) in
      try display.setCursor(
        pixels.span, width: width, height: height, hotspotX: 0, hotspotY: 0, x: 0, y: 0,
        waiting: rig.waiter)
    }
    #expect(error == .invalidSize(width: width, height: height) && rig.gpu.requests.isEmpty)
  }

  @Test("an image has as many pixels as its size says", arguments: [0, 83, 85, 4096])
  func pixelCounts(_ count: Int) throws {
    var display = try rig.open()
    let pixels = Array(repeating: UInt32(0), count: count)
    let error = failure {
      () throws(GPUError) in
      try display.setCursor(
        pixels.span, width: 12, height: 7, hotspotX: 0, hotspotY: 0, x: 0, y: 0,
        waiting: rig.waiter)
    }
    #expect(error == .invalidCursorImage(pixelCount: count) && rig.gpu.requests.isEmpty)
  }

  @Test(
    "a cursor points with a pixel of its image",
    arguments: [(12, 0), (0, 7), (63, 63), (.max, 0), (0, .max)] as [(UInt32, UInt32)])
  func hotspots(_ x: UInt32, _ y: UInt32) throws {
    var display = try rig.open()
    let pixels = Array(repeating: UInt32(0), count: 12 * 7)
    let error = failure {
      () throws(GPUError) in
      try display.setCursor(
        pixels.span, width: 12, height: 7, hotspotX: x, hotspotY: y, x: 0, y: 0,
        waiting: rig.waiter)
    }
    #expect(error == .invalidHotspot(x: x, y: y) && rig.gpu.requests.isEmpty)
    try display.setCursor(
      pixels.span, width: 12, height: 7, hotspotX: 11, hotspotY: 6, x: 0, y: 0,
      waiting: rig.waiter)
  }

  @Test("without a size an image has 64 times 64 pixels", arguments: [0, 1, 4095, 4097])
  func imageSize(_ count: Int) throws {
    var display = try rig.open()
    let pixels = Array(repeating: UInt32(0), count: count)
    let error = failure {
      () throws(GPUError) in
      try display.setCursor(
        pixels.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
    }
    #expect(error == .invalidCursorImage(pixelCount: count) && rig.gpu.requests.isEmpty)
  }

  @Test("scanouts that do not exist have no cursor")
  func noSuchScanout() throws {
    var display = try rig.open()
    let id = ScanoutID(rawValue: 1)
    let moved = failure { () throws(GPUError) in try display.moveCursor(toX: 0, y: 0, on: id) }
    #expect(moved == .scanoutDisabled(id))
    let set = failure {
      () throws(GPUError) in
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, on: id, waiting: rig.waiter)
    }
    #expect(set == .scanoutDisabled(id) && rig.gpu.requests.isEmpty)
  }

  @Test(
    "G51: while the cursor queue is full the newest place is kept, and sent as soon as there is room",
    arguments: [false, true])
  func coalescing(isReversed: Bool) throws {
    var display = try rig.open()
    rig.gpu.isHolding = true
    for x: UInt32 in 0..<30 { try display.moveCursor(toX: x, y: 0) }
    #expect(rig.gpu.types.count == 16 && rig.transport.journal.ringCount(of: 1) == 16)
    rig.gpu.answerHeld(reversed: isReversed)
    try display.drain()
    #expect(rig.gpu.types.count == 17 && rig.gpu.requests.last?.word(at: 28) == 29)
    try display.drain()
    #expect(rig.gpu.types.count == 17, "once")
    try display.moveCursor(toX: 40, y: 0)
    #expect(rig.gpu.requests.last?.word(at: 28) == 40)
  }

  @Test("what is kept while the cursor queue is full is all of the cursor, on its scanout")
  func coalescedUpdate() throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init()]
    var display = try rig.open()
    try setCursor(&display)
    rig.gpu.clear()
    rig.gpu.isHolding = true
    for x: UInt32 in 0..<16 { try display.moveCursor(toX: x, y: 0) }
    try display.moveCursor(toX: 50, y: 6, on: ScanoutID(rawValue: 1))
    try display.moveCursor(toX: 51, y: 7)
    #expect(rig.gpu.types.count == 16)
    rig.gpu.answerHeld()
    rig.gpu.isHolding = false
    for _ in 0..<3 { try display.drain() }
    let last = rig.gpu.requests.suffix(2)
    #expect(last.map(\.type) == [0x300, 0x300])
    #expect(last.map { $0.word(at: 24) } == [0, 1], "hidden where it was, shown where it is")
    #expect(last.map { $0.word(at: 40) != 0 } == [false, true])
    #expect(last.last.map { [$0.word(at: 28), $0.word(at: 32)] } == [51, 7])
  }

  @Test("G50: a cursor queue that is broken takes the cursor with it, and frames go on")
  func brokenAlone() throws {
    var display = try rig.openWithFrame()
    try setCursor(&display)
    rig.gpu.isHolding = true
    for x: UInt32 in 0..<30 { try display.moveCursor(toX: x, y: 0) }
    rig.gpu.isHolding = false
    // The last place is kept until there is room; whoever sends it finds the queue broken.
    rig.transport.rings[1]?.use(60)
    let broken = GPUError.queue(.broken(.usedElement(id: 60)))
    for x: UInt32 in 0..<3 {
      rig.gpu.clear()
      let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
      #expect(try display.isComplete(presentation))
      try display.drain()
      #expect(!rig.gpu.types.isEmpty && rig.gpu.requests.allSatisfy { $0.queue == 0 })
      let moved = failure { () throws(GPUError) in try display.moveCursor(toX: x, y: 0) }
      #expect(moved == broken)
    }
    let set = failure { () throws(GPUError) in try setCursor(&display) }
    #expect(set == broken)
    let hidden = failure { () throws(GPUError) in try display.hideCursor() }
    #expect(hidden == broken)
  }

  @Test("a cursor queue that is broken says so")
  func broken() throws {
    var display = try rig.open()
    rig.gpu.isHolding = true
    try display.moveCursor(toX: 0, y: 0)
    rig.transport.rings[1]?.use(3)
    let error = failure { () throws(GPUError) in try display.moveCursor(toX: 1, y: 0) }
    #expect(error == .queue(.broken(.usedElement(id: 3))))
    #expect(rig.gpu.types.count == 1)
  }

  @Test("no memory for the image: a typed error, and another try can succeed")
  func noMemory() throws {
    var display = try rig.open()
    rig.platform.failingAllocation = rig.platform.allocationCount
    let error = failure { () throws(GPUError) in try setCursor(&display) }
    guard case .outOfMemory(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.byteCount == 0x4000 && rig.gpu.requests.isEmpty)
    try setCursor(&display)
    #expect(rig.gpu.types.last == 0x300)
  }

  @Test("G52: if the resource is refused, the cursor is not shown, and another try makes it anew")
  func refused() throws {
    var display = try rig.open()
    rig.gpu.amend = { request, reply in if request.type == 0x106 { reply?.type = 0x1201 } }
    let error = failure { () throws(GPUError) in try setCursor(&display) }
    #expect(
      error
        == .command(
          CommandFailure(
            subject: CommandSubject(.resourceAttachBacking, resource: ResourceID(rawValue: 1)),
            reason: .refused(.outOfMemory))))
    rig.gpu.amend = { _, _ in }
    let count = rig.platform.allocationCount
    try setCursor(&display)
    #expect(rig.gpu.types == [0x101, 0x106, 0x102, 0x101, 0x106, 0x105, 0x300])
    #expect(rig.platform.allocationCount == count, "the memory is there already")
  }
}
