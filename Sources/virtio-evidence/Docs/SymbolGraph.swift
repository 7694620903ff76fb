import Foundation

/// What the compiler says of a module's public declarations.
struct SymbolGraph {
  /// How many there are.
  let count: Int
  /// Those without a comment, each with where it stands.
  let undocumented: [String]

  private struct Content: Decodable {
    struct Symbol: Decodable {
      let identifier: Identifier
      let kind: Kind
      let pathComponents: [String]
      let docComment: Comment?
      let location: Location?
    }
    struct Identifier: Decodable { let precise: String }
    struct Kind: Decodable { let identifier: String }
    struct Comment: Decodable { let lines: [Line] }
    struct Line: Decodable { let text: String }
    struct Location: Decodable {
      let uri: String
      let position: Position
    }
    struct Position: Decodable { let line: Int }
    let symbols: [Symbol]
  }

  /// Reads the graphs of a module, and of what it adds to others.
  init(of module: String, in folder: String) throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(module)").sorted()
    let symbols = try files.flatMap { file in
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(module)/\(file)"))
      return try JSONDecoder().decode(Content.self, from: data).symbols
    }.filter {
      // What the compiler makes up by itself has no place for a comment, and an extension's stand inside it.
      !$0.identifier.precise.contains("::SYNTHESIZED::") && $0.kind.identifier != "swift.extension"
    }
    count = symbols.count
    undocumented = symbols.filter { symbol in
      (symbol.docComment?.lines ?? []).allSatisfy { $0.text.isEmpty }
    }.map { symbol in
      let place = symbol.location.map { " (\($0.uri):\($0.position.line + 1))" } ?? ""
      return "\(module): \(symbol.pathComponents.joined(separator: "."))\(place)"
    }
  }
}
