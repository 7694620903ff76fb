import Foundation

/// Says which functions the addresses of a backtrace lie in.
///
/// A backtrace is what the kernel prints after `backtrace:`, one line a call: `  at 0x40201234`.
package struct Symbolizer: Sendable {
  /// Why there are no names.
  package struct Failure: Error, CustomStringConvertible {
    let path: String
    let reason: String

    package var description: String { "\(path) tells no names: \(reason)" }
  }

  private let symbols: ELFSymbols

  /// A symbolizer for the program in an ELF file.
  package init(elf path: String) throws(Failure) {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw Failure(path: path, reason: "There is no such file.")
    }
    do throws(ELFSymbols.Failure) {
      symbols = try ELFSymbols([UInt8](data))
    } catch {
      throw Failure(path: path, reason: error.description)
    }
  }

  /// The address that a line of a backtrace names; nil for every other line.
  package static func address(in line: String) -> UInt64? {
    guard line.hasPrefix("  at 0x") else { return nil }
    let digits = line.dropFirst("  at 0x".count).prefix { $0 != " " }
    return digits.allSatisfy(\.isHexDigit) ? UInt64(digits, radix: 16) : nil
  }

  /// The lines, those of a backtrace with the functions' names: `  at 0x40201234 Fault.writeText() + 16`.
  ///
  /// What x30 holds is a caller only of a function without a frame. In others it lies in the function
  /// itself or is the next line's, and is left out.
  package func annotate(_ lines: [String]) async -> [String] {
    let found = lines.map { Self.address(in: $0).flatMap { symbols.symbol(at: $0) } }
    let names = await Self.demangle(Set(found.compactMap { $0?.name }))
    var result: [String] = []
    for (index, line) in lines.enumerated() {
      guard let symbol = found[index], let address = Self.address(in: line) else {
        result.append(line)
        continue
      }
      if line.hasSuffix(" by x30") {
        let next = index + 1 < lines.count ? Self.address(in: lines[index + 1]) : nil
        if next == address || index > 0 && found[index - 1] == symbol { continue }
      }
      result.append(
        "\(line) \(names[symbol.name] ?? symbol.name) + \(address - symbol.address)")
    }
    return result
  }

  /// The names as people write them; without the toolchain's demangler, as they are.
  private static func demangle(_ names: Set<String>) async -> [String: String] {
    let names = names.sorted()
    guard !names.isEmpty,
      let output = try? await Command(
        Toolchain.tool("swift-demangle"), ["--simplified", "--compact"] + names
      ).collect(), output.succeeded
    else { return [:] }
    let plain = output.text.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    return Dictionary(zip(names, plain), uniquingKeysWith: { first, _ in first })
  }
}
