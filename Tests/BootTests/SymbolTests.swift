import Foundation
import Testing
import VirtIOTesting

/// The names of functions: found in the symbol table, whatever else the file holds.
@Suite struct SymbolTests {
  /// An ELF file with one section of code and these functions in it.
  static func file(_ functions: [(name: String, address: UInt64, byteCount: UInt64, kind: UInt8)])
    -> [UInt8]
  {
    var names: [UInt8] = [0]
    var symbols = [UInt8](repeating: 0, count: 24)
    for function in functions {
      symbols += number(UInt64(names.count), 4) + [function.kind, 0] + number(1, 2)
      symbols += number(function.address, 8) + number(function.byteCount, 8)
      names += Array(function.name.utf8) + [0]
    }
    var header: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1]
    header += [UInt8](repeating: 0, count: 40 - header.count) + number(64, 8)
    header += [UInt8](repeating: 0, count: 58 - header.count) + number(64, 2) + number(4, 2)
    header += [0, 0]
    let start = UInt64(64 + 4 * 64)
    let count = (symbols: UInt64(symbols.count), names: UInt64(names.count))
    return header + section(type: 0, flags: 0, offset: 0, byteCount: 0, link: 0)
      + section(type: 1, flags: 6, offset: 0, byteCount: 0, link: 0)
      + section(type: 2, flags: 0, offset: start, byteCount: count.symbols, link: 3)
      + section(type: 3, flags: 0, offset: start + count.symbols, byteCount: count.names, link: 0)
      + symbols + names
  }

  private static func number(_ value: UInt64, _ byteCount: Int) -> [UInt8] {
    (0..<byteCount).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  private static func section(
    type: UInt64, flags: UInt64, offset: UInt64, byteCount: UInt64, link: UInt64
  ) -> [UInt8] {
    number(0, 4) + number(type, 4) + number(flags, 8) + number(0, 8) + number(offset, 8)
      + number(byteCount, 8) + number(link, 4) + [UInt8](repeating: 0, count: 20)
  }

  static let sound = file([
    ("$x", 0x1000, 0, 0), ("second", 0x1040, 0x10, 2), ("first", 0x1000, 0x40, 2),
    ("label", 0x2000, 0, 0), ("object", 0x1010, 8, 1),
  ])

  @Test("an address is in the function that covers it")
  func lookup() throws {
    let symbols = try ELFSymbols(Self.sound)
    #expect(symbols.symbols.map(\.name) == ["first", "second", "label"])
    let expected: [(UInt64, String?)] = [
      (0, nil), (0xFFF, nil), (0x1000, "first"), (0x103F, "first"), (0x1040, "second"),
      (0x104F, "second"), (0x1050, nil), (0x2000, "label"), (0x2FFF, "label"), (0x3000, nil),
      (.max, nil),
    ]
    for (address, name) in expected { #expect(symbols.symbol(at: address)?.name == name) }
  }

  @Test("a file that is cut off says so")
  func truncated() {
    for length in 0..<Self.sound.count {
      let error = #expect(throws: ELFSymbols.Failure.self) {
        try ELFSymbols(Array(Self.sound.prefix(length)))
      }
      #expect(error?.description.hasSuffix(".") == true)
    }
  }

  @Test("a file with nonsense in it tells something or says why not")
  func nonsense() {
    var failures = Set<String>()
    for index in Self.sound.indices {
      for value in [0, 1, 2, 0x7F, 0x80, 0xFF] as [UInt8] {
        var bytes = Self.sound
        bytes[index] = value
        do {
          let symbols = try ELFSymbols(bytes)
          for address in [0, 0x1010, 0x2000, .max] as [UInt64] { _ = symbols.symbol(at: address) }
        } catch {
          failures.insert(error.description)
        }
      }
    }
    // Not ELF, foreign, no symbols, and each of the four parts that can be missing but the header.
    #expect(failures.count == 6)
  }

  @Test("only the lines of a backtrace name addresses")
  func lines() {
    #expect(Symbolizer.address(in: "  at 0x40201234") == 0x4020_1234)
    #expect(Symbolizer.address(in: "  at 0x40201234 by x30") == 0x4020_1234)
    for line in ["", "  at 0x", "  at 0xg", "at 0x40201234", "  at 0x12345678123456789"] {
      #expect(Symbolizer.address(in: line) == nil)
    }
  }

  @Test("a file that cannot be read is named in the reason")
  func missing() {
    let error = #expect(throws: Symbolizer.Failure.self) { try Symbolizer(elf: "/no/such.elf") }
    #expect(error?.description == "/no/such.elf tells no names: There is no such file.")
  }
}
