import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOGPU

/// Answers that are too long for a slot.
@Suite("Capability sets")
struct CapabilityTests {
  private let rig = DisplayRig()
  private static let set = CapabilitySet(id: .virgl2, maximumVersion: 2, maximumByteCount: 200)

  init() {
    rig.transport.offered = [.version1, Features(rawValue: 1 << 0 | 1 << 1)]
    rig.gpu.amend = { request, reply in
      guard request.type == 0x0109 else { return }
      reply?.type = 0x1103
      reply?.body = (0..<200).map { UInt8($0) }
    }
  }

  private func open() throws(GPUError) -> TestDisplay {
    let display = try TestDisplay.open(
      rig.transport, on: rig.platform, wanting: .virgl, waiting: rig.waiter)
    rig.gpu.clear()
    return display
  }

  private func read(_ display: inout TestDisplay) throws(GPUError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: 256)
    var target = bytes.mutableSpan
    let count = try display.readCapabilities(of: Self.set, into: &target, waiting: rig.waiter)
    #expect(bytes.dropFirst(count).allSatisfy { $0 == 0xee })
    return Array(bytes.prefix(count))
  }

  @Test("the request names set and version, and has room for all of the data and no more")
  func request() throws {
    var display = try open()
    #expect(try read(&display) == (0..<200).map { UInt8($0) })
    #expect(rig.gpu.types == [0x0109])
    let request = rig.gpu.requests[0]
    #expect(request.word(at: 24) == 2 && request.word(at: 28) == 2)
    #expect(request.bytes.count == 32 && request.room == 224)
    // The slot's own place is its response's again.
    _ = try display.present(display.nextFrame(waiting: rig.waiter))
    try display.drain()
    #expect(rig.gpu.requests.filter { $0.type != 0x010a }.dropFirst().allSatisfy { $0.room == 24 })
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("a device that says that it has written more than there is room for fills the room")
  func claims() throws {
    rig.gpu.amend = { request, reply in
      guard request.type == 0x0109 else { return }
      reply?.type = 0x1103
      reply?.body = Array(repeating: 7, count: 900)
    }
    var display = try open()
    #expect(try read(&display) == Array(repeating: 7, count: 200))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("a refusal is an error, and costs no memory")
  func refused() throws {
    var display = try open()
    let live = rig.platform.memory.liveCount
    rig.gpu.amend = { request, reply in if request.type == 0x0109 { reply?.type = 0x1205 } }
    let error = failure { () throws(GPUError) in try read(&display) }
    #expect(
      error
        == .command(
          CommandFailure(
            subject: CommandSubject(.getCapset), reason: .refused(.invalidParameter))))
    #expect(rig.platform.memory.liveCount == live)
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("G46: an answer that does not come keeps its memory until it does, or until the reset")
  func late() throws {
    var display = try open()
    rig.gpu.isHolding = true
    let live = rig.platform.memory.liveCount
    for _ in 0..<2 {
      let error = failure { () throws(GPUError) in try read(&display) }
      #expect(error == .timedOut(CommandSubject(.getCapset), needsReset: false))
      #expect(rig.platform.memory.liveCount == live + 1)
    }
    rig.gpu.answerHeld()
    rig.gpu.isHolding = false
    #expect(try read(&display).count == 200)
    #expect(rig.platform.memory.liveCount == live)
    rig.gpu.isHolding = true
    _ = failure { () throws(GPUError) in try read(&display) }
    rig.gpu.isHolding = false
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("without memory there is no data, and with memory there is")
  func noMemory() throws {
    var display = try open()
    rig.platform.failingAllocation = rig.platform.allocationCount
    let error = failure { () throws(GPUError) in try read(&display) }
    guard case .outOfMemory = error else {
      Issue.record("memory for the answer was not missed")
      return
    }
    #expect(try read(&display).count == 200)
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }
}
