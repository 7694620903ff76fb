import Testing

@testable import VirtBoard

@Suite("What the serial line receives")
struct ConsoleReceptionTests {
  /// What a line takes whose registers read so.
  private static func receive(data: UInt32, flags: UInt32) throws -> UInt8? {
    let words = UnsafeMutableRawPointer.allocate(byteCount: 0x1000, alignment: 8)
    defer { unsafe words.deallocate() }
    unsafe words.initializeMemory(as: UInt8.self, repeating: 0, count: 0x1000)
    unsafe words.storeBytes(of: data, toByteOffset: 0x000, as: UInt32.self)
    unsafe words.storeBytes(of: flags, toByteOffset: 0x018, as: UInt32.self)
    let console = Console(base: UInt64(UInt(bitPattern: words)))
    return try #require(console).receive()
  }

  @Test("a byte that has come is taken, whatever else the line is about")
  func bytes() throws {
    for byte in UInt8.min...UInt8.max {
      #expect(try Self.receive(data: UInt32(byte), flags: 0) == byte)
      #expect(try Self.receive(data: UInt32(byte), flags: ~(1 << 4)) == byte)
    }
  }

  @Test("nothing is taken while there is nothing, or where nothing answers")
  func nothing() throws {
    #expect(try Self.receive(data: 0x68, flags: 1 << 4) == nil)
    #expect(try Self.receive(data: 0x68, flags: .max) == nil)
  }

  @Test("what was damaged on its way is left out", arguments: 8...11)
  func damaged(bit: Int) throws {
    #expect(try Self.receive(data: 0x68 | 1 << UInt32(bit), flags: 0) == nil)
  }
}
