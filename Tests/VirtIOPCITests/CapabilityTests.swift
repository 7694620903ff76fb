import Testing
import VirtIO
import VirtIOTestDoubles

@testable import VirtIOPCI

@Suite("The capability list")
struct CapabilityTests {
  private let function = FakeFunction()

  /// The ids and places of all capabilities.
  private func walk(byteCount: UInt = 4096) throws -> [[UInt8]] {
    let machine = FakeMachine(root: [0: function])
    let window = try #require(
      RegisterWindow(machine, base: FakeMachine.ecamBase, byteCount: byteCount))
    var list = CapabilityList(of: window)
    var found: [[UInt8]] = []
    while let next = try list.next() { found.append([next.id, next.offset]) }
    return found
  }

  @Test("P07: a function without a list has no capabilities, whatever its pointer says")
  func none() throws {
    #expect(try walk() == [])
    function.set8(0x40, at: 0x34)
    function.set8(9, at: 0x40)
    #expect(try walk() == [])
  }

  @Test("a list may be empty")
  func empty() throws {
    function.set16(0x10, at: 6)
    #expect(try walk() == [])
  }

  @Test("capabilities are found in the order of the list, not of their places")
  func order() throws {
    function.addCapability([0, 0], id: 1, at: 0x80)
    function.addCapability([0, 0], id: 9, at: 0x40)
    function.addCapability([0, 0], id: 5, at: 0xfc)
    #expect(try walk() == [[1, 0x80], [9, 0x40], [5, 0xfc]])
  }

  @Test("the two lowest bits of a pointer are reserved")
  func unaligned() throws {
    function.addCapability([0, 0], id: 1, at: 0x80)
    function.addCapability([0, 0], id: 9, at: 0x40)
    function.set8(0x83, at: 0x34)
    function.set8(0x42, at: 0x81)
    function.set8(0x03, at: 0x41)
    #expect(try walk() == [[1, 0x80], [9, 0x40]])
  }

  @Test("a pointer into the header is no capability", arguments: [0x04, 0x10, 0x34, 0x3c])
  func intoHeader(_ offset: UInt8) {
    function.addCapability([0, 0], id: 1, at: 0x80)
    function.set8(offset, at: 0x81)
    #expect(throws: PCIError.capabilityOutsideConfiguration(offset: offset)) { try walk() }
  }

  @Test("a pointer past the end of a short configuration space is no capability")
  func pastTheEnd() {
    function.addCapability([0, 0], id: 1, at: 0x40)
    function.set8(0x7c, at: 0x41)
    #expect(throws: PCIError.capabilityOutsideConfiguration(offset: 0x7c)) {
      try walk(byteCount: 0x7f)
    }
    #expect(throws: Never.self) { try walk(byteCount: 0x80) }
  }

  @Test("a list of 48 is as long as there is room for")
  func longest() throws {
    for index in 0..<48 { function.addCapability([0, 0], id: 2, at: 0x40 + 4 * index) }
    #expect(try walk().count == 48)
  }

  @Test("a list that loops is refused", arguments: [0x40, 0x60, 0x80])
  func loops(_ target: UInt8) {
    function.addCapability([0, 0], id: 1, at: 0x40)
    function.addCapability([0, 0], id: 1, at: 0x60)
    function.addCapability([0, 0], id: 1, at: 0x80)
    function.set8(target, at: 0x81)
    #expect(throws: PCIError.capabilityListLoops) { try walk() }
  }
}
