import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOGPU

/// Devices that want a resource for each slot.
@Suite("Resources of slots")
struct SeparateTests {
  private let rig = DisplayRig()

  @Test("each slot's resource is made before it is used, whichever slot is presented first")
  func secondFirst() throws {
    rig.gpu.amend = { request, reply in
      if request.type == 0x0105, request.word(at: 48) == 1, request.long(at: 40) > 0 {
        reply?.type = 0x1205
      }
    }
    var display = try rig.open(buffers: .two)
    let first = try display.nextFrame(waiting: rig.waiter)
    let second = try display.nextFrame(waiting: rig.waiter)
    var last = try display.present(second)
    try display.drain()
    #expect(try display.isComplete(last))
    last = try display.present(first)
    for _ in 0..<3 {
      #expect(try display.isComplete(last))
      last = try display.present(display.nextFrame(waiting: rig.waiter))
    }
    var made: Set<UInt32> = []
    for request in rig.gpu.requests {
      if request.type == 0x0101 { made.insert(request.word(at: 24)) }
      if request.type == 0x0105 { #expect(made.contains(request.word(at: 48))) }
    }
    try display.close(waiting: rig.waiter)
    let gone = rig.gpu.requests.filter { $0.type == 0x0102 }.map { $0.word(at: 24) }
    #expect(Set(gone) == made && gone.count == made.count)
    #expect(rig.platform.isBalanced)
  }
}
