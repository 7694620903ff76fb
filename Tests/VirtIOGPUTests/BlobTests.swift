import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

/// Pictures that are shown where they were drawn, as the device is told of them.
@Suite("Shared pixels")
struct BlobTests {
  private let rig = DisplayRig()

  init() { rig.transport.offered = [.version1, Features(rawValue: 1 << 1 | 1 << 3)] }

  private func open(_ flags: BlobFlags = [], buffers: BufferCount = .two)
    throws(GPUError) -> TestDisplay
  {
    let display = try TestDisplay.open(
      rig.transport, on: rig.platform, buffers: buffers, pixels: .shared(flags),
      waiting: rig.waiter)
    rig.gpu.clear()
    return display
  }

  private static let bounds: [UInt32] = [0, 0, 64, 48]

  @Test("structures are those of VirtIO 1.4 §5.7.6.8") func layout() {
    #expect(MemoryLayout<ResourceCreateBlob>.size == 56)
    #expect(MemoryLayout<ResourceCreateBlobWithEntry>.size == 72)
    #expect(MemoryLayout<SetScanoutBlob>.size == 96)
    #expect(MemoryLayout<GetCapsetInfo>.size == 32 && MemoryLayout<GetCapset>.size == 32)
    #expect(MemoryLayout<CapsetInfoResponse>.size == 40)
  }

  @Test(
    """
    GPU-BLOB-1, GPU-BLOB-4, GPU-BLOB-5, GPU-BLOB-6: the blob is guest memory, for what the program \
    says
    """,
    arguments: [[], .mappable, .shareable, .crossDevice, [.shareable, .crossDevice]] as [BlobFlags])
  func creation(_ flags: BlobFlags) throws {
    var display = try open(flags)
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    try display.drain()
    #expect(rig.gpu.types == [0x010c, 0x010d, 0x0104, 0x010a])
    let blob = rig.gpu.requests[0]
    #expect(blob.bytes.count == 72 && blob.word(at: 24) == 1)
    #expect(blob.word(at: 28) == 1 && blob.word(at: 32) == flags.rawValue)
    #expect(blob.word(at: 36) == 1 && blob.long(at: 40) == 0 && blob.long(at: 48) == 24576)
    #expect(blob.word(at: 64) == 24576 && blob.word(at: 68) == 0)
    let scanout = rig.gpu.requests[1]
    #expect(scanout.bytes.count == 96 && scanout.rectangle(at: 24) == Self.bounds)
    #expect(
      (0..<18).map { scanout.word(at: 24 + 4 * $0) }[4...] == [
        0, 1, 64, 48, 2, 0, 256, 0, 0, 0, 0, 0, 0, 0,
      ])
    try display.close(waiting: rig.waiter)
    #expect(rig.gpu.types.suffix(2) == [0x0103, 0x0102], "what a blob was made of goes with it")
    #expect(rig.platform.isBalanced)
  }

  @Test("a frame is two commands and one doorbell; of one picture, one command") func frames()
    throws
  {
    for buffers in [BufferCount.one, .two] {
      let other = BlobTests()
      var display = try other.open(buffers: buffers)
      for number in 0..<6 {
        if number == 3 { other.rig.gpu.clear() }
        _ = try display.present(display.nextFrame(waiting: other.rig.waiter))
        try display.drain()
      }
      #expect(other.rig.ringCount == 3)
      if buffers == .one {
        #expect(other.rig.gpu.types == [0x0104, 0x0104, 0x0104])
      } else {
        #expect(
          other.rig.gpu.types == Array(repeating: [0x010d, 0x0104], count: 3).flatMap(\.self))
        let offsets = other.rig.gpu.requests.filter { $0.type == 0x010d }.map { $0.word(at: 80) }
        #expect(offsets == [12288, 0, 12288])
      }
      try display.close(waiting: other.rig.waiter)
      #expect(other.rig.platform.isBalanced)
    }
  }

  @Test("GPU-D-17: scattered pages are the blob's entries") func scattered() throws {
    rig.platform.pageOrder = { Array((0..<$0).reversed()) }
    var display = try open()
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    try display.drain()
    let blob = rig.gpu.requests[0]
    #expect(blob.type == 0x010c && blob.bytes.count == 56 + 6 * 16 && blob.word(at: 36) == 6)
    let first = blob.long(at: 56)
    #expect((0..<6).map { blob.long(at: 56 + 16 * $0) } == (0..<6).map { first - 4096 * $0 })
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("a blob that is refused is an error, and the next attempt makes another") func refused()
    throws
  {
    var display = try open()
    rig.gpu.amend = { request, reply in if request.type == 0x010c { reply?.type = 0x1201 } }
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    try display.drain()
    let error = failure { () throws(GPUError) in
      _ = try display.nextFrame(waiting: rig.waiter)
    }
    guard case .command(let found) = error else {
      Issue.record("no command failed")
      return
    }
    #expect(found.subject.command == .resourceCreateBlob)
    #expect(found.reason == .refused(.outOfMemory))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("SET_SCANOUT_BLOB that fails once is an error once, and the next frame is shown")
  func once()
    throws
  {
    var display = try open()
    for _ in 0..<2 {
      _ = try display.present(display.nextFrame(waiting: rig.waiter))
      try display.drain()
    }
    var count = 0
    rig.gpu.amend = { request, reply in
      guard request.type == 0x010d else { return }
      count += 1
      if count == 1 { reply?.type = 0x1200 }
    }
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    let error = failure { () throws(GPUError) in
      _ = try display.nextFrame(waiting: rig.waiter)
    }
    guard case .command(let found) = error else {
      Issue.record("no command failed")
      return
    }
    #expect(found.subject.command == .setScanoutBlob)
    let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
    #expect(try display.isComplete(presentation))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }
}
