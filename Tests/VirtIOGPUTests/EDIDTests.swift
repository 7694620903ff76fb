import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("EDID")
struct EDIDTests {
  private let rig = DisplayRig()

  init() {
    rig.gpu.edid = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 256) }
  }

  private func read() throws -> [UInt8] {
    var display = try rig.open()
    let edid = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: rig.waiter)
    var bytes: [UInt8] = []
    for index in edid.bytes.indices { bytes.append(edid.bytes[index]) }
    return bytes
  }

  @Test("GPU-INIT-3: it is asked for by scanout, and passed on as it is")
  func reading() throws {
    let bytes = try read()
    #expect(bytes == Array(rig.gpu.edid.prefix(256)))
    #expect(rig.gpu.types == [0x10a] && rig.gpu.requests[0].word(at: 24) == 0)
    #expect(rig.gpu.requests[0].room >= 1056)
  }

  @Test(
    "its length is what the device says, but at most 1024",
    arguments: [(0, 0), (1, 1), (128, 128), (1024, 1024), (1025, 1024), (.max, 1024)]
      as [(UInt32, Int)])
  func length(claimed: UInt32, believed: Int) throws {
    rig.gpu.edidByteCount = claimed
    #expect(try read() == Array(rig.gpu.edid.prefix(believed)))
  }

  @Test("a scanout that does not exist has none")
  func noSuchScanout() throws {
    var display = try rig.open()
    let id = ScanoutID(rawValue: 1)
    let error = failure { () throws(GPUError) in try display.readEDID(of: id, waiting: rig.waiter) }
    #expect(error == .scanoutDisabled(id) && rig.gpu.requests.isEmpty)
  }
}
