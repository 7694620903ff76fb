/// A wait with an end: no register is asked for ever.
enum Patience {
  /// How often to ask. Even where a read takes a nanosecond, that is longer than any part of a
  /// controller may take.
  static var count: Int { 1_000_000 }

  /// Asks until something is so.
  ///
  /// - Returns: False if it never was.
  static func wait(_ isDone: () -> Bool) -> Bool {
    var remaining = count
    while !isDone() {
      remaining &-= 1
      if remaining == 0 { return false }
    }
    return true
  }
}
