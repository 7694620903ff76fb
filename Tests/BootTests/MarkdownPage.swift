import Foundation
import VirtIOTesting

/// What of a page in Markdown is to be typed or copied.
struct MarkdownPage {
  /// Lines between fences.
  struct Block {
    /// What the fence says that they are: `sh`, `swift`, or nothing.
    let language: String
    /// The heading that they stand under.
    let section: String
    /// The lines, each with its end.
    let text: String
  }

  /// The blocks, in order.
  private(set) var blocks: [Block] = []
  /// What stands between backquotes in the text around them.
  private(set) var spans: [String] = []

  /// Reads a page of the checkout.
  init(_ path: String) throws {
    self.init(reading: try Repository.text(path))
  }

  /// Reads the text of a page.
  init(reading text: String) {
    var section = ""
    var language: String?
    var lines = ""
    var prose = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if let open = language {
          blocks.append(Block(language: open, section: section, text: lines))
          language = nil
        } else {
          language = String(line.dropFirst(3))
        }
        lines = ""
      } else if language != nil {
        lines += "\(line)\n"
      } else {
        if line.hasPrefix("#") {
          section = line.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces)
        }
        prose += line.hasPrefix("|") ? "\n\(line)\n" : "\(line) "
        if line.isEmpty { prose += "\n" }
      }
    }
    spans = prose.split(separator: "\n").flatMap { paragraph in
      paragraph.matches(of: /`+([^`]+)`+/).map { String($0.1) }
    }
  }

  /// The texts of the blocks of a language.
  func texts(_ language: String) -> [String] {
    blocks.filter { $0.language == language }.map(\.text)
  }

  /// The commands to be typed in the blocks, without what is said of them behind.
  var commands: [String] {
    var commands: [String] = []
    for line in texts("sh").joined().split(separator: "\n") {
      let typed = line.range(of: " #").map { line[..<$0.lowerBound] } ?? line
      for command in typed.components(separatedBy: " && ") {
        let command = command.trimmingCharacters(in: .whitespaces)
        if !command.isEmpty { commands.append(command) }
      }
    }
    return commands
  }
}
