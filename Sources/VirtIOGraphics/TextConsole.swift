/// A terminal: a grid of characters that understands the usual control sequences, on any canvas.
///
/// It lives in memory of its owner, which bounds its scrollback, and knows no device:
///
/// ```swift
/// var console = TextConsole(columns: 80, rows: 25, cells: memory)
/// console.write("\u{1B}[32mhello\u{1B}[0m\n")
/// let damage = console.takeDamage(font: font)     // what to draw, and to present
/// console.draw(on: &canvas, in: damage.rectangles, font: font)
/// ```
///
/// Understood are the movements of the cursor, erasing, inserting, deleting, scrolling and its region, and
/// the 16, 256 and 2^24 colours of SGR, as ECMA-48 and xterm have them; all else is passed over. Every
/// character takes one cell. Nothing here allocates, blocks or traps, whatever is written.
public struct TextConsole: ~Copyable, ~Escapable {
  /// Where it lies: for each row of the screen what of it is to be drawn; then the lines, in a ring, each
  /// with how much of it is used in front.
  var cells: MutableSpan<TextCell>

  /// The number of columns.
  public let columns: Int

  /// The number of rows of the screen.
  public let rows: Int

  /// How many lines there are, on the screen and above.
  let lineCount: Int

  /// How many lines above the screen are kept, at most.
  public var historyCapacity: Int { lineCount &- rows }

  /// How many lines above the screen there are.
  public internal(set) var historyCount = 0

  /// How many lines above its end the view begins; see ``showHistory(_:)``.
  public internal(set) var viewOffset = 0

  /// Whether a line feed also returns to the first column, as kernels write their lines. `CSI 20 l` ends
  /// that.
  public internal(set) var returnsWithLineFeed = true

  /// Whether the cursor is shown.
  public internal(set) var showsCursor = true

  /// Where in the ring the screen begins.
  var top = 0
  var cursor = TextPosition()
  var saved = TextPosition()
  var style = TextStyle()
  var savedStyle = TextStyle()
  /// Which rows scroll.
  var region: Range<Int>
  var wraps = true
  /// Where the cursor was when damage was last taken; nil if it was not shown.
  var drawnCursor: TextPosition?
  var sequence = ControlSequence()
  private var decoder = UTF8Decoder()

  /// The longest side of a grid.
  static var limit: Int { 4096 }

  /// How many cells a console of this size needs.
  ///
  /// - Parameters:
  ///   - columns: How many cells a line has.
  ///   - rows: How many lines the screen has.
  ///   - history: How many lines above the screen are to be kept.
  public static func cellCount(columns: Int, rows: Int, history: Int) -> Int {
    let (columns, rows) = (min(max(1, columns), limit), min(max(1, rows), limit))
    return rows.adding(saturating: max(0, history))
      .multiplied(saturating: columns &+ 1).adding(saturating: rows)
  }

  /// Creates an empty console.
  ///
  /// - Parameters:
  ///   - columns: How many there are, at most 4096.
  ///   - rows: How many the screen has, at most 4096; fewer if there is no memory for them.
  ///   - cells: The memory. What is beyond the screen keeps lines that have scrolled off it.
  @_lifetime(copy cells)
  public init(columns: Int, rows: Int, cells: consuming MutableSpan<TextCell>) {
    let width = min(max(1, columns), Self.limit)
    // A row takes a line and what is to be drawn of it.
    let height = min(max(1, rows), Self.limit, cells.count / (width &+ 2))
    self.columns = height == 0 ? 0 : width
    self.rows = height
    lineCount = height == 0 ? 0 : (cells.count &- height) / (width &+ 1)
    region = 0..<height
    self.cells = cells
    reset()
  }

  /// The column in which the next character goes.
  public var cursorColumn: Int { cursor.column }

  /// The row in which the next character goes.
  public var cursorRow: Int { cursor.row }

  /// What is at a place of the screen; nil outside.
  public func cell(column: Int, row: Int) -> TextCell? {
    guard column >= 0, column < columns, row >= 0, row < rows else { return nil }
    return cells[start(of: row) &+ column]
  }

  /// What is at a place of a line above the screen, the last of which is 0; nil where there is none.
  public func historyCell(column: Int, line: Int) -> TextCell? {
    guard column >= 0, column < columns, line >= 0, line < historyCount else { return nil }
    return cells[start(of: -1 &- line) &+ column]
  }

  // MARK: Writing

  /// Writes a literal.
  @_lifetime(self: copy self)
  public mutating func write(_ text: TextLiteral) {
    write(text.utf8)
  }

  /// Writes bytes in UTF-8. A character or a sequence may end in a later call.
  ///
  /// Takes time linear in the number of bytes, and for each that scrolls in the number of rows; in the size
  /// of the screen for sequences that move lines.
  @_lifetime(self: copy self)
  public mutating func write(_ bytes: Span<UInt8>) {
    var index = 0
    while index < bytes.count {
      let count = putRun(bytes, from: index)
      if count == 0 { write(byte: bytes[index]) }
      index &+= max(1, count)
    }
  }

  /// Writes a byte of UTF-8.
  @_lifetime(self: copy self)
  public mutating func write(byte: UInt8) {
    var step = decoder.take(byte)
    if step == .interrupted {
      write(scalar: UTF8Decoder.replacement)
      step = decoder.take(byte)
    }
    if case .scalar(let scalar) = step { write(scalar: scalar) }
  }

  /// Writes a character, or a part of a control sequence.
  @_lifetime(self: copy self)
  public mutating func write(scalar: Unicode.Scalar) {
    if rows == 0 { return }
    if viewOffset != 0 { showHistory(0) }
    let value = scalar.value
    if sequence.state == .ground, value >= 0x20, value != 0x7F {
      if value < 0x80 || Self.isVisible(value) { put(scalar) }
    } else {
      interpret(value)
    }
  }

  /// Whether a character beyond ASCII takes a cell: neither a control nor what goes onto another one.
  private static func isVisible(_ value: UInt32) -> Bool {
    switch value {
    case 0x80...0x9F, 0xAD, 0x300...0x36F, 0x200B...0x200F, 0xFE00...0xFE0F, 0xFEFF: false
    default: true
    }
  }

  @_lifetime(self: copy self)
  private mutating func put(_ scalar: Unicode.Scalar) {
    if cursor.isPastEnd {
      cursor.isPastEnd = false
      if wraps {
        cursor.column = 0
        feedLine()
      }
    }
    set(cursor.row, cursor.column, to: style.cell(scalar))
    if cursor.column &+ 1 < columns {
      cursor.column &+= 1
    } else {
      cursor.isPastEnd = true
    }
  }

  /// Puts printable ASCII into the row of the cursor, up to the last column but one.
  ///
  /// - Returns: How many bytes that were; none where each is to be looked at by itself.
  @_lifetime(self: copy self)
  private mutating func putRun(_ bytes: Span<UInt8>, from index: Int) -> Int {
    if sequence.state != .ground || decoder.isWithinCharacter || viewOffset != 0 { return 0 }
    let room = min(columns &- 1 &- cursor.column, bytes.count &- index)
    if room <= 0 || rows == 0 { return 0 }
    let blank = style.cell(" ")
    let start = start(of: cursor.row) &+ cursor.column
    var target = cells._mutatingExtracting(start..<start &+ room)
    var (count, first, end) = (0, room, 0)
    while count < room {
      let byte = bytes[index &+ count]
      if byte < 0x20 || byte > 0x7E { break }
      let cell = blank.with(ascii: byte)
      if target[count] != cell {
        target[count] = cell
        first = min(first, count)
        end = count &+ 1
      }
      count &+= 1
    }
    noteWritten(cursor.row, cursor.column &+ first, cursor.column &+ end)
    cursor.column &+= count
    return count
  }

  // MARK: The view

  /// Shows what has scrolled off: so many lines above the end, as far as there are any. The next character
  /// that is written shows the end again.
  @_lifetime(self: copy self)
  public mutating func showHistory(_ offset: Int) {
    let offset = max(0, min(offset, historyCount))
    if offset == viewOffset { return }
    viewOffset = offset
    for row in 0..<rows { note(row, 0, columns) }
  }
}
