/// A place on a terminal's screen, and what ``TextConsole`` keeps of it when it is saved.
struct TextPosition: Equatable, Sendable, BitwiseCopyable {
  var column = 0
  var row = 0
  /// Whether the last column has been written in: the next character begins a line.
  var isPastEnd = false
}
