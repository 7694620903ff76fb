import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

/// Pixels whose memory lies in many pieces for the device.
@Suite("Scattered pixels")
struct ScatterTests {
  private let rig = DisplayRig()

  /// The entries of a request, each as an address and a length.
  private static func entries(_ request: GPURequest) -> [[UInt64]] {
    (0..<Int(request.word(at: 28))).map { index in
      [request.long(at: 32 + 16 * index), UInt64(request.word(at: 40 + 16 * index))]
    }
  }

  /// The requests that attach backing.
  private var attachments: [GPURequest] { rig.gpu.requests.filter { $0.type == 0x0106 } }

  @Test("GPU-D-17, S9: an entry for each run of pages, in the order of the pixels")
  func entries() throws {
    // Two slots of three pages.
    rig.platform.pageOrder = { _ in [4, 5, 2, 3, 0, 9] }
    var display = try rig.open(buffers: .two)
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    try display.drain()
    #expect(rig.gpu.types == [0x0101, 0x0106, 0x0105, 0x0103, 0x0104, 0x010a])
    let request = rig.gpu.requests[1]
    let found = Self.entries(request)
    let first = found[0][0] - 4 * 4096
    #expect(
      found == [
        [first + 4 * 4096, 8192], [first + 2 * 4096, 8192], [first, 4096],
        [first + 9 * 4096, 4096],
      ])
    #expect(request.bytes.count == 32 + 4 * 16 && request.word(at: 24) == 1)
    #expect((0..<4).allSatisfy { request.word(at: 44 + 16 * $0) == 0 })
    #expect(try display.isComplete(Presentation(scanout: ScanoutID(rawValue: 0), number: 1)))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("pages that follow each other need no more than the usual request, and no more memory")
  func contiguous() throws {
    rig.platform.pageOrder = { Array(0..<$0) }
    var display = try rig.open(buffers: .two)
    let before = rig.platform.allocationCount
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    #expect(rig.platform.allocationCount == before + 2)
    #expect(Self.entries(attachments[0]).map { $0[1] } == [24576])
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("GPU-D-17: where each slot has a resource, each gets the pieces of its own pixels")
  func separate() throws {
    // 5100 bytes a slot: the third page is the first slot's and the second's.
    rig.gpu.outputs = [.init(width: 51, height: 50)]
    rig.platform.pageOrder = { Array((0..<$0).reversed()) }
    rig.gpu.amend = { request, reply in
      if request.type == 0x0105, request.long(at: 40) > 0, request.word(at: 48) == 1 {
        reply?.type = 0x1205
      }
    }
    var display = try rig.open(buffers: .two)
    for _ in 0..<3 {
      _ = try display.present(display.nextFrame(waiting: rig.waiter))
      try display.drain()
    }
    let size: UInt64 = 51 * 50 * 4
    let found = attachments.map(Self.entries)
    #expect(found.map { $0.reduce(0) { $0 + $1[1] } } == [2 * size, size])
    let last = found[0][0][0]
    #expect(
      found[1] == [
        [last - 2 * 4096 + (size - 2 * 4096), 3 * 4096 - size], [last - 3 * 4096, 4096],
        [last - 4 * 4096, size - (3 * 4096 - size) - 4096],
      ])
    #expect(found[0].prefix(2) == [[last, 4096], [last - 4096, 4096]])
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("GPU-D-17: more pieces than devices take is an error, of which the device hears nothing")
  func tooMany() throws {
    rig.gpu.outputs = [.init(width: 4096, height: 4097)]
    rig.platform.pageOrder = { Array((0..<$0).reversed()) }
    var display = try rig.open(buffers: .one)
    let live = rig.platform.memory.liveCount
    let error = failure { () throws(GPUError) in
      _ = try display.nextFrame(waiting: rig.waiter)
    }
    #expect(error == .tooScattered(pieceCount: 16388, limit: 16384))
    #expect(rig.gpu.requests.isEmpty && rig.platform.memory.liveCount == live)
    rig.platform.pageOrder = nil
    rig.platform.largestBlock = 128 << 20
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    #expect(Self.entries(attachments[0]).count == 1)
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("without memory for the request there is no frame, until there is memory")
  func noMemoryForRequest() throws {
    rig.platform.pageOrder = { Array((0..<$0).reversed()) }
    var display = try rig.open()
    let live = rig.platform.memory.liveCount
    rig.platform.failingAllocation = rig.platform.allocationCount + 2
    let error = failure { () throws(GPUError) in
      _ = try display.nextFrame(waiting: rig.waiter)
    }
    guard case .outOfMemory(let failure) = error else {
      Issue.record("found \(error.map { "\($0)" } ?? "no error")")
      return
    }
    #expect(failure.byteCount == 64 + 3 * 16)
    #expect(rig.platform.memory.liveCount == live)
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("the slot of a long request is as any other afterwards, and a new size attaches anew")
  func afterwards() throws {
    rig.platform.pageOrder = { Array((0..<$0).reversed()) }
    var display = try rig.openWithFrame(buffers: .two)
    for number in 0..<4 {
      let damage = (0..<4).map { Rectangle(x: 16 * $0, y: 10 * number, width: 2, height: 2) }
      _ = try display.present(display.nextFrame(waiting: rig.waiter), damage)
      try display.drain()
    }
    #expect(rig.gpu.requests.allSatisfy { $0.bytes.count == ($0.type == 0x0105 ? 56 : 48) })
    rig.gpu.clear()
    rig.gpu.outputs[0].height = 96
    try display.updateScanouts(waiting: rig.waiter)
    for _ in 0..<3 {
      _ = try display.present(display.nextFrame(waiting: rig.waiter))
      try display.drain()
    }
    #expect(attachments.map { Self.entries($0).count } == [12])
    #expect(rig.gpu.types.contains(0x0102), "the old one is gone")
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }
}
