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

  @Test("it is asked for behind the first frame, and nobody waits for the answer")
  func background() throws {
    var display = try rig.open()
    rig.gpu.amend = { request, reply in if request.type == 0x10a { reply = nil } }
    for _ in 0..<3 {
      let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
      #expect(try display.isComplete(presentation))
    }
    #expect(rig.gpu.types.count { $0 == 0x10a } == 1, "one question at a time")
    let early = display.edid(of: ScanoutID(rawValue: 0))?.bytes.count
    #expect(early == nil)
    rig.gpu.amend = { _, _ in }
    rig.gpu.answerHeld()
    let late = display.edid(of: ScanoutID(rawValue: 0))?.bytes.count
    #expect(late == 256)
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("a refusal is nothing to whoever calls next, and not asked for again")
  func refusedInBackground() throws {
    var display = try rig.open()
    rig.gpu.amend = { request, reply in if request.type == 0x10a { reply?.type = 0x1200 } }
    for _ in 0..<3 {
      let presentation = try display.present(display.nextFrame(waiting: rig.waiter))
      #expect(try display.isComplete(presentation))
    }
    #expect(rig.gpu.types.count { $0 == 0x10a } == 1)
    let edid = display.edid(of: ScanoutID(rawValue: 0))?.bytes.count
    #expect(edid == nil)
    try display.updateScanouts(waiting: rig.waiter)
  }

  @Test("each scanout has its own; one that is disabled or does not exist has none")
  func several() throws {
    rig.transport.configuration[2] = 3
    rig.gpu.outputs = [.init(), .init(isEnabled: false), .init()]
    var display = try rig.open()
    for number: UInt32 in [2, 0] {
      let id = ScanoutID(rawValue: number)
      rig.gpu.edid[0] = UInt8(number)
      _ = try display.present(display.nextFrame(on: id, waiting: rig.waiter))
    }
    let asked = rig.gpu.requests.filter { $0.type == 0x10a }.map { $0.word(at: 24) }
    #expect(asked == [0, 2], "the first due is the first asked, whatever is presented")
    for (number, first) in [(0, 2), (1, nil), (2, 0), (3, nil), (16, nil)] as [(UInt32, UInt8?)] {
      let edid = display.edid(of: ScanoutID(rawValue: number))
      let found = edid.map { $0.bytes[0] }
      #expect(found == first)
    }
  }

  @Test("while one answer is outstanding, the next question is kept for later")
  func oneAtATime() throws {
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = [.init(), .init()]
    var display = try rig.open()
    rig.gpu.amend = { request, reply in if request.type == 0x10a { reply = nil } }
    for _ in 0..<3 { _ = try display.present(display.nextFrame(waiting: rig.waiter)) }
    #expect(rig.gpu.types.count { $0 == 0x10a } == 1)
    rig.gpu.amend = { _, _ in }
    rig.gpu.answerHeld()
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    let asked = rig.gpu.requests.filter { $0.type == 0x10a }.map { $0.word(at: 24) }
    #expect(asked == [0, 1])
  }
}
