/// What somebody may have meant who typed a name that there is not.
package enum NearestName {
  /// The name that a typed one can be mistaken for: one that it begins, or the one with the fewest letters to
  /// change. Upper and lower case are the same.
  ///
  /// - Returns: Nil if none is near.
  package static func of(_ typed: String, in names: [String]) -> String? {
    let typed = typed.lowercased()
    guard !typed.isEmpty else { return nil }
    if typed.count > 2, let begun = names.first(where: { $0.lowercased().hasPrefix(typed) }) {
      return begun
    }
    let limit = max(1, typed.count / 3)
    let near = names.map { (name: $0, distance: distance(Array(typed), Array($0.lowercased()))) }
      .filter { $0.distance <= limit }
    return near.min { $0.distance < $1.distance }?.name
  }

  /// A question to put into an error's message; empty if no name is near.
  static func question(_ typed: String, in names: [String]) -> String {
    of(typed, in: names).map { " Did you mean '\($0)'?" } ?? ""
  }

  /// How many letters are to be put in, left out, exchanged with the next, or changed.
  private static func distance(_ first: [Character], _ second: [Character]) -> Int {
    var older: [Int] = []
    var row = Array(0...second.count)
    for (i, letter) in first.enumerated() {
      var next = [i + 1]
      for (j, other) in second.enumerated() {
        var best = min(next[j] + 1, row[j + 1] + 1, row[j] + (letter == other ? 0 : 1))
        if i > 0, j > 0, letter == second[j - 1], first[i - 1] == other {
          best = min(best, older[j - 1] + 1)
        }
        next.append(best)
      }
      (older, row) = (row, next)
    }
    return row[second.count]
  }
}
