import Synchronization
import Testing
import VirtIO

@Suite("RegisterWindow")
struct RegisterWindowTests {
  @Test("a window cannot be empty or pass the end of the address space")
  func making() {
    let access = RegisterLog()
    #expect(RegisterWindow(access, base: 0x1000, byteCount: 0) == nil)
    #expect(RegisterWindow(access, base: .max, byteCount: 2) == nil)
    #expect(RegisterWindow(access, base: .max - 0xf, byteCount: 0x11) == nil)
    #expect(RegisterWindow(access, base: 1, byteCount: .max) != nil)
    #expect(RegisterWindow(access, base: 2, byteCount: .max) == nil)
    let last = RegisterWindow(access, base: .max - 0xf, byteCount: 0x10)
    #expect(last?.base == .max - 0xf && last?.byteCount == 0x10)
  }

  @Test("a part lies wholly inside")
  func parts() throws {
    let window = try #require(RegisterWindow(RegisterLog(), base: 0x1000, byteCount: 0x100))
    let part = window.window(at: 0x40, byteCount: 0xc0)
    #expect(part?.base == 0x1040 && part?.byteCount == 0xc0)
    #expect(window.window(at: 0, byteCount: 0x100) != nil)
    #expect(window.window(at: 0xff, byteCount: 1) != nil)
    #expect(window.window(at: 0x40, byteCount: 0xc1) == nil)
    #expect(window.window(at: 0x100, byteCount: 1) == nil)
    #expect(window.window(at: 0x101, byteCount: 0) == nil)
    #expect(window.window(at: 0x40, byteCount: 0) == nil)
  }

  @Test("sums that wrap are not inside", arguments: [1, 0x40, UInt.max / 2, .max - 1, .max])
  func wrapping(_ byteCount: UInt) throws {
    let window = try #require(RegisterWindow(RegisterLog(), base: 0x1000, byteCount: 0x100))
    #expect(window.window(at: .max &- byteCount &+ 1, byteCount: byteCount) == nil)
    #expect(window.window(at: .max, byteCount: byteCount) == nil)
    #expect(window.window(at: 0x80, byteCount: .max) == nil)
  }

  @Test("a part of a part counts from its own start")
  func nested() throws {
    let log = RegisterLog()
    let window = try #require(RegisterWindow(log, base: 0x1000, byteCount: 0x100))
    let inner = try #require(window.window(at: 0x80, byteCount: 0x40)?.window(at: 8, byteCount: 8))
    inner.write32(7, at: 4)
    #expect(log.all == ["w32 108c 7"])
    #expect(window.window(at: 0x80, byteCount: 0x40)?.window(at: 8, byteCount: 0x39) == nil)
  }

  @Test("S4, PCI-ACC-1, PCI-ACC-2, PCI-ACC-3: each register is one access of its own width")
  func widths() throws {
    let log = RegisterLog()
    let window = try #require(RegisterWindow(log, base: 0x1000, byteCount: 0x100))
    window.write8(1, at: 3)
    window.write16(2, at: 4)
    window.write32(3, at: 8)
    #expect(window.read8(at: 5) == 0x05)
    #expect(window.read16(at: 6) == 0x1006)
    #expect(window.read32(at: 0xc) == 0x100c)
    #expect(
      log.all == ["w8 1003 1", "w16 1004 2", "w32 1008 3", "r8 1005", "r16 1006", "r32 100c"])
  }

  @Test("PCI-ACC-4: 64 bits are two aligned accesses of 32, the low half first")
  func halves() throws {
    let log = RegisterLog()
    let window = try #require(RegisterWindow(log, base: 0x1000, byteCount: 0x100))
    window.write64(0x1122_3344_5566_7788, at: 0x20)
    #expect(log.all == ["w32 1020 55667788", "w32 1024 11223344"])
  }
}

/// Notes each access; registers read as their address.
private final class RegisterLog: RegisterAccess, Sendable {
  private let entries = Mutex<[String]>([])

  var all: [String] { entries.withLock { $0 } }

  private func note(_ what: String, _ address: UInt, _ value: UInt32? = nil) {
    let hexadecimal = String(address, radix: 16)
    let suffix = value.map { " " + String($0, radix: 16) } ?? ""
    entries.withLock { $0.append("\(what) \(hexadecimal)\(suffix)") }
  }

  func read8(_ address: UInt) -> UInt8 {
    note("r8", address)
    return UInt8(truncatingIfNeeded: address)
  }

  func read16(_ address: UInt) -> UInt16 {
    note("r16", address)
    return UInt16(truncatingIfNeeded: address)
  }

  func read32(_ address: UInt) -> UInt32 {
    note("r32", address)
    return UInt32(truncatingIfNeeded: address)
  }

  func write8(_ address: UInt, _ value: UInt8) { note("w8", address, UInt32(value)) }
  func write16(_ address: UInt, _ value: UInt16) { note("w16", address, UInt32(value)) }
  func write32(_ address: UInt, _ value: UInt32) { note("w32", address, value) }
}
