/// One trace event in QEMU's log: `PID@SECONDS.MICROSECONDS:NAME ...`, or without time `NAME ...`.
struct TraceLine {
  /// The event's name.
  let name: Substring
  /// When it happened, in microseconds, if the log tells times.
  let time: Double?
  /// The name, and the words behind it.
  let words: [Substring]

  /// Nil if the line is empty, or a complaint about the guest: that starts with a function's name, often an
  /// event's too, and a colon.
  init?(_ line: String) {
    var event = line[...]
    var time: Double?
    if let at = line.firstIndex(of: "@"), let colon = line[at...].firstIndex(of: ":") {
      time = Double(line[line.index(after: at)..<colon]).map { $0 * 1_000_000 }
      if time != nil { event = line[line.index(after: colon)...] }
    }
    words = event.split(separator: " ")
    guard let name = words.first, name.last != ":" else { return nil }
    self.name = name
    self.time = time
  }

  /// What stands behind a word, without the comma at its end.
  func value(of word: Substring) -> Substring? {
    guard let place = words.firstIndex(of: word), place + 1 < words.count else { return nil }
    let value = words[place + 1]
    return value.hasSuffix(",") ? value.dropLast() : value
  }

  /// The number behind a word: decimal, or hexadecimal with `0x`.
  func number(of word: Substring) -> UInt64? {
    guard let value = value(of: word) else { return nil }
    return value.hasPrefix("0x") ? UInt64(value.dropFirst(2), radix: 16) : UInt64(value)
  }
}
