/// The functions of a linked program, from the symbol table of its ELF file.
///
/// The file is judged, not trusted: every offset and count is checked before it is used.
///
/// - Spec: System V Application Binary Interface, "Object Files" (ELF-64, little-endian)
package struct ELFSymbols: Sendable {
  /// Why a file tells nothing.
  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// It does not start as an ELF file does.
    case notELF
    /// It is for another machine than this reader is for: 32-bit or big-endian.
    case foreign
    /// It ends before something that it says it has.
    case truncated(String)
    /// It has no symbols: stripped.
    case noSymbols

    package var description: String {
      switch self {
      case .notELF: "This is no ELF file; symbols are in the .elf of an image."
      case .foreign: "This ELF file is not of the 64-bit little-endian kind."
      case .truncated(let part): "The ELF file is damaged: its \(part) lies outside of it."
      case .noSymbols: "The ELF file has no symbol table; link it without stripping."
      }
    }
  }

  /// A function.
  package struct Symbol: Sendable, Equatable {
    /// Its name, as the linker knows it.
    package let name: String
    /// Its first address.
    package let address: UInt64
    /// How many bytes it has; 0 if nobody said.
    package let byteCount: UInt64
  }

  /// The functions and labels in code, by address.
  package let symbols: [Symbol]

  /// Reads a file's symbol table.
  package init(_ bytes: [UInt8]) throws(Failure) {
    let file = Bytes(bytes)
    guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46]) else { throw .notELF }
    guard bytes.count >= 64 else { throw .truncated("header") }
    guard bytes[4] == 2, bytes[5] == 1 else { throw .foreign }
    let sections = try Self.sections(file)
    guard let table = sections.first(where: { $0.type == 2 }) else { throw .noSymbols }
    guard Int(table.link) < sections.count else { throw .truncated("string table") }
    let names = sections[Int(table.link)]
    guard file.contains(table.offset, table.byteCount) else { throw .truncated("symbol table") }
    guard file.contains(names.offset, names.byteCount) else { throw .truncated("string table") }
    var symbols: [Symbol] = []
    for index in 0..<table.byteCount / 24 {
      let entry = table.offset + index * 24
      let section = Int(file.number(entry + 6, 2))
      let kind = file.number(entry + 4, 1) & 15
      // Functions, and what assembly calls a label; both in sections of code.
      guard kind == 2 || kind == 0, section < sections.count, sections[section].isCode else {
        continue
      }
      let start = file.number(entry, 4)
      guard start < names.byteCount else { throw .truncated("string table") }
      let name = file.text(names.offset + start, upTo: names.offset + names.byteCount)
      // "$x" and "$d" mark where code and data start.
      guard !name.isEmpty, !["$x", "$d"].contains(name.prefix { $0 != "." }) else { continue }
      symbols.append(
        Symbol(
          name: name, address: file.number(entry + 8, 8), byteCount: file.number(entry + 16, 8)))
    }
    // Of several names for an address, the one that says how long the function is comes last.
    self.symbols = symbols.sorted { ($0.address, $0.byteCount) < ($1.address, $1.byteCount) }
  }

  /// The function that an address lies in; nil if it lies in none.
  package func symbol(at address: UInt64) -> Symbol? {
    var (low, high) = (0, symbols.count)
    while low < high {
      let middle = (low + high) / 2
      if symbols[middle].address <= address { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return nil }
    let symbol = symbols[low - 1]
    let offset = address - symbol.address
    // A label reaches to the next, but no further than a page: behind the last there is nothing.
    return offset < (symbol.byteCount > 0 ? symbol.byteCount : 4096) ? symbol : nil
  }

  private struct Section {
    var type: UInt64
    var isCode: Bool
    var offset: UInt64
    var byteCount: UInt64
    var link: UInt64
  }

  private static func sections(_ file: Bytes) throws(Failure) -> [Section] {
    let start = file.number(40, 8)
    let count = file.number(60, 2)
    guard file.number(58, 2) == 64, file.contains(start, count * 64) else {
      throw .truncated("section table")
    }
    return (0..<count).map { index in
      let header = start + index * 64
      return Section(
        type: file.number(header + 4, 4), isCode: file.number(header + 8, 8) & 4 != 0,
        offset: file.number(header + 24, 8), byteCount: file.number(header + 32, 8),
        link: file.number(header + 40, 4))
    }
  }

  /// The file, read within its bounds only.
  private struct Bytes {
    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func contains(_ offset: UInt64, _ byteCount: UInt64) -> Bool {
      offset <= UInt64(bytes.count) && byteCount <= UInt64(bytes.count) - offset
    }

    /// A little-endian number; what lies outside reads as 0.
    func number(_ offset: UInt64, _ byteCount: UInt64) -> UInt64 {
      guard contains(offset, byteCount) else { return 0 }
      return bytes[Int(offset)..<Int(offset + byteCount)].reversed().reduce(0) {
        $0 << 8 | UInt64($1)
      }
    }

    /// Text that ends with a zero, or at `end`.
    func text(_ offset: UInt64, upTo end: UInt64) -> String {
      guard offset <= end, contains(offset, end - offset) else { return "" }
      return String(
        decoding: bytes[Int(offset)..<Int(end)].prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
