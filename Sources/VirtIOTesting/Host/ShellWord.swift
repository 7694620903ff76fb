import Foundation

/// Text for somebody to paste into a shell.
enum ShellWord {
  /// The text as one word, in quotes if it needs them.
  static func quote(_ text: String) -> String {
    let plain = text.unicodeScalars.allSatisfy {
      $0.properties.isAlphabetic || ("0"..."9").contains($0) || "/._-+".unicodeScalars.contains($0)
    }
    return plain ? text : "'\(text.replacingOccurrences(of: "'", with: "'\\''"))'"
  }
}
