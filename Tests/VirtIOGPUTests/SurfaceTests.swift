import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Surface")
struct SurfaceTests {
  private let platform = TestPlatform()

  private func makeSurface(
    _ width: UInt32, _ height: UInt32, buffers: BufferCount = .one
  )
    throws(GPUError) -> Surface<JournaledRegion>
  {
    try Surface(
      ResourceID(rawValue: 1),
      SurfaceShape(width: width, height: height, format: .b8g8r8x8), buffers: buffers,
      platform: platform)
  }

  @Test("a pixel lies at its row and column, four bytes each")
  func offsets() throws {
    let surface = try makeSurface(100, 50)
    let places = [(0, 0, 0), (1, 0, 4), (0, 1, 400), (99, 49, 19_996), (7, 3, 1228)]
    for (x, y, offset) in places {
      let found = surface.offset(of: Rectangle(x: x, y: y, width: 1, height: 1), in: 0)
      #expect(found == UInt64(offset))
    }
    let bounds = surface.bounds
    let byteCount = surface.buffer.byteCount
    #expect(bounds == Rectangle(x: 0, y: 0, width: 100, height: 50) && byteCount == 20_000)
  }

  @Test("offsets beyond 32 bits are right")
  func largeOffsets() throws {
    platform.largestBlock = .max
    let surface = try makeSurface(16, 0x10_0000)
    let found = surface.offset(of: Rectangle(x: 3, y: 0xffff_ffff, width: 1, height: 1), in: 0)
    #expect(found == (0xffff_ffff * 16 + 3) * 4)
  }

  @Test(
    "M08: sizes without pixels, or too large for a backing entry, are refused",
    arguments: [
      (0, 0), (0, 1), (1, 0), (.max, 0), (0x8000, 0x8000), (0x1_0000, 0x1_0000), (.max, .max),
      (.max, 1), (0x4000_0000, 1), (1, 0x8000_0000), (0x1_0001, 0xffff),
    ] as [(UInt32, UInt32)])
  func sizes(width: UInt32, height: UInt32) {
    let error = failure { () throws(GPUError) in try makeSurface(width, height) }
    #expect(error == .invalidSize(width: width, height: height))
    #expect(platform.allocationCount == 0)
  }

  @Test("the largest size that a backing entry can tell is asked for")
  func largest() {
    let error = failure { () throws(GPUError) in try makeSurface(0x3fff_ffff, 1) }
    guard case .outOfMemory(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.byteCount == 0xffff_fffc && platform.isBalanced)
  }

  @Test("an allocation that fails leaves nothing behind", arguments: [0, 1])
  func allocationFailure(_ index: Int) {
    platform.failingAllocation = index
    let error = failure { () throws(GPUError) in try makeSurface(10, 10) }
    guard case .outOfMemory = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(platform.isBalanced)
  }

  @Test("one frame at a time; a frame that was dropped is stale when it comes again")
  func frames() throws {
    var surface = try makeSurface(10, 10)
    let scanout = ScanoutID(rawValue: 4)
    do {
      let frame = try required(surface.nextFrame(for: 4, after: 0))
      #expect(frame.scanout == scanout && frame.width == 10 && frame.height == 10)
      #expect(frame.staleRegion.bounds == frame.bounds && frame.format == .b8g8r8x8)
      let hasSecond = !isNothing(surface.nextFrame(for: 4, after: 0))
      #expect(!hasSecond)
      _ = consume frame
    }
    surface.present(0)
    do {
      let frame = try required(surface.nextFrame(for: 4, after: 0))
      #expect(frame.staleRegion.isEmpty)
      _ = consume frame
    }
    let frame = try required(surface.nextFrame(for: 4, after: 0))
    #expect(frame.staleRegion.bounds == frame.bounds)
  }
}
