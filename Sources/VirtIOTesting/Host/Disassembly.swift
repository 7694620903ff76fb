import Foundation

/// The instructions of a linked program, and which of our functions each comes from: of those that the compiler
/// has put into one another, all.
package struct Disassembly: Sendable {
  /// An instruction.
  package struct Instruction: Sendable {
    /// Its address, in hexadecimal.
    package let address: String
    /// Its name, as in `stlrh`.
    package let name: String
    /// What it is about, as the disassembler says it.
    package let operands: String
    /// The function that the linker knows, by its mangled name.
    package let function: String
    /// Where it was written: the innermost place first, out of as many functions as were put into one another.
    package let places: [Place]
  }

  /// A place in our sources.
  package struct Place: Sendable {
    /// The mangled name of the function.
    package let function: String
    /// The file.
    package let path: String
    /// The line; 0 if the compiler has made the instruction on its own.
    package let line: Int
  }

  /// Why a program could not be taken apart.
  package enum Failure: Error, CustomStringConvertible {
    case tool(String, reason: String)
    case mismatch(instructions: Int, places: Int)

    package var description: String {
      switch self {
      case .tool(let name, let reason): "\(name) failed: \(reason)"
      case .mismatch(let instructions, let places):
        "llvm-symbolizer answered \(places) questions of \(instructions)."
      }
    }
  }

  /// All of them, by address.
  package let instructions: [Instruction]
  private let outlined: [String: [Instruction]]

  /// Takes a program apart.
  ///
  /// - Parameter path: An ELF file with debug information.
  package init(of path: String) async throws {
    let listing = try await Self.run("llvm-objdump", ["-d", "--no-show-raw-insn", path])
    let lines = Self.parse(listing)
    // The disassembler names functions too, but by a mark such as "$x" if there is one.
    let symbols = try ELFSymbols(Array(Data(contentsOf: URL(fileURLWithPath: path))))
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("addresses.\(ProcessInfo.processInfo.processIdentifier)")
    try Data(lines.map { "0x\($0.address)\n" }.joined().utf8).write(to: folder)
    defer { try? FileManager.default.removeItem(at: folder) }
    // Whole lines of all places are more than a pipe's buffer is meant for: so through files.
    let answers = folder.appendingPathExtension("places")
    defer { try? FileManager.default.removeItem(at: answers) }
    let symbolizer = try await Toolchain.tool("llvm-symbolizer")
    let result = try await Command(
      "sh",
      [
        "-c", "exec \"$0\" --inlines --obj=\"$1\" <\"$2\" >\"$3\"", symbolizer, path, folder.path,
        answers.path,
      ]
    ).collect()
    guard result.succeeded else {
      throw Failure.tool("llvm-symbolizer", reason: result.errorText)
    }
    let blocks = try String(contentsOf: answers, encoding: .utf8)
      .split(separator: "\n", omittingEmptySubsequences: false)
      .split(separator: "")
    guard blocks.count == lines.count else {
      throw Failure.mismatch(instructions: lines.count, places: blocks.count)
    }
    instructions = zip(lines, blocks).map { line, block in
      Instruction(
        address: line.address, name: line.name, operands: line.operands,
        function: UInt64(line.address, radix: 16).flatMap { symbols.symbol(at: $0)?.name } ?? "",
        places: Self.places(Array(block)))
    }
    outlined = Self.outlined(in: instructions)
  }

  /// The instructions of a function of the compiler's own that an instruction calls; none if it calls none.
  package func outlined(by call: Instruction) -> [Instruction] {
    guard call.name == "bl" || call.name == "b", call.operands.hasPrefix("0x") else { return [] }
    let body = outlined[String(call.operands.dropFirst(2).prefix { $0.isHexDigit })] ?? []
    return body + body.flatMap { $0.address == call.address ? [] : outlined(by: $0) }
  }

  /// What the compiler has moved to functions of its own, by their first addresses.
  private static func outlined(in instructions: [Instruction]) -> [String: [Instruction]] {
    var functions: [String: [Instruction]] = [:]
    var start = ""
    var last = ""
    // Each object file counts its own, so that a name alone says nothing.
    for instruction in instructions {
      if instruction.function != last { start = instruction.address }
      last = instruction.function
      // What functions are alike in but for a constant is merged, and called so by each.
      if last.hasPrefix("OUTLINED_FUNCTION") || last.hasSuffix("Tm") {
        functions[start, default: []].append(instruction)
      }
    }
    return functions
  }

  private static func run(_ tool: String, _ arguments: [String]) async throws -> String {
    let output = try await Command(Toolchain.tool(tool), arguments).collect()
    guard output.succeeded else { throw Failure.tool(tool, reason: output.errorText) }
    return output.text
  }

  private typealias Line = (address: String, name: String, operands: String)

  /// Lines such as `40201024:  stlrh w0, [x1]`.
  private static func parse(_ listing: String) -> [Line] {
    var lines: [Line] = []
    for text in listing.split(separator: "\n") {
      let parts = text.split(maxSplits: 2) { $0 == " " || $0 == "\t" }
      guard parts.count >= 2, parts[0].hasSuffix(":"), parts[0].dropLast().allSatisfy(\.isHexDigit)
      else { continue }
      lines.append(
        (
          String(parts[0].dropLast()), String(parts[1]),
          parts.count > 2 ? parts[2].trimmingCharacters(in: .whitespaces) : ""
        ))
    }
    return lines
  }

  /// Pairs of lines: a function, and `path:line:column`.
  private static func places(_ block: [Substring]) -> [Place] {
    stride(from: 0, to: block.count - 1, by: 2).map { index in
      let parts = block[index + 1].split(separator: ":", omittingEmptySubsequences: false)
      return Place(
        function: String(block[index]), path: parts.dropLast(2).joined(separator: ":"),
        line: parts.dropLast().last.flatMap { Int($0) } ?? 0)
    }
  }
}
