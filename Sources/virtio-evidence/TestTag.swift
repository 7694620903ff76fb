import RegexBuilder

/// What a test says that it shows: ids of requirements before a colon at the start of its name.
///
/// `"SPLIT-KICK-3, SPLIT-KICK-4: rings only when asked to"` covers two rows;
/// `"due SPLIT-IND-1: INDIRECT_DESC is not taken"` shows that a row does not apply yet.
struct TestTag: Equatable {
  /// The rows.
  let ids: [String]
  /// Whether the rows are shown not to apply.
  let isDue: Bool

  /// Nil if the name starts with no ids.
  init?(name: String) {
    let id = #/[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*/#
    let pattern = Regex {
      Optionally { Capture("due ") }
      Capture {
        id
        ZeroOrMore {
          ", "
          id
        }
      }
      ": "
    }
    guard let match = name.prefixMatch(of: pattern) else { return nil }
    isDue = match.1 != nil
    ids = match.2.split(separator: ", ").map(String.init)
  }
}
