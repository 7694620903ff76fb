import VirtIOGraphics

/// A report as a picture: its first line on a band, the others below, as far as there is room.
///
/// It knows no device and takes no memory. Lines that are too long go on in the next row, indented; what
/// there is no row for is left out, which the last row says.
struct CrashPage {
  /// The colour behind the first line.
  static var band: Color { Color(rgb: 0x8E_1F2F) }
  /// The colour behind the others.
  static var ground: Color { Color(rgb: 0x14_2038) }
  /// The colour of the first line.
  static var title: Color { .white }
  /// The colour of the others.
  static var ink: Color { Color(rgb: 0xD8_E0EC) }

  /// The size of the picture.
  let (width, height): (Int, Int)

  /// How large a pixel of the font is: so that a line of registers fits from 640 columns on.
  var scale: Int { max(1, min(width / 640, height / 360, 8)) }

  /// What is left free at each side.
  var margin: Int { min(12 &* scale, width / 16, height / 16) }

  /// The distance of rows.
  var advance: Int { 10 &* scale }

  /// How many characters stand in a row.
  var columnCount: Int { max(0, (width &- 2 &* margin) / (6 &* scale)) }

  /// Draws a report: ASCII, each line ended by a line feed.
  func draw(_ report: Span<UInt8>, on canvas: inout Canvas) {
    canvas.fill(Self.ground)
    guard columnCount > 0 else { return }
    var titleRows = CrashRows(columnCount)
    var titleCount = 0
    while let row = titleRows.next(in: report), row.line == 0 { titleCount &+= 1 }
    let bandHeight = min(titleCount &* advance &- 2 &* scale &+ 2 &* margin, height)
    canvas.fill(Rectangle(x: 0, y: 0, width: width, height: bandHeight), with: Self.band)
    var rows = CrashRows(columnCount)
    for number in 0..<titleCount {
      guard let row = rows.next(in: report) else { return }
      draw(row, of: report, y: margin &+ number &* advance, Self.title, on: &canvas)
    }
    var y = bandHeight &+ margin
    while y <= height &- margin &- advance, let row = rows.next(in: report) {
      let isLast = y &+ advance > height &- margin &- advance
      if isLast, !rows.isAtEnd(of: report) {
        canvas.draw("...", x: margin, y: y, scale: scale, color: Self.ink)
      } else {
        draw(row, of: report, y: y, Self.ink, on: &canvas)
      }
      y &+= advance
    }
  }

  private func draw(
    _ row: CrashRows.Row, of report: Span<UInt8>, y: Int, _ color: Color, on canvas: inout Canvas
  ) {
    let x = margin &+ row.indent &* 6 &* scale
    canvas.draw(report.extracting(row.bytes), x: x, y: y, scale: scale, color: color)
  }
}

/// The rows of a report: its lines, each in pieces that fit.
struct CrashRows {
  /// A piece of a line.
  struct Row: Equatable {
    /// Which line it is of.
    let line: Int
    /// Which bytes of the report.
    let bytes: Range<Int>
    /// How many columns it starts further in.
    let indent: Int
  }

  private let columnCount: Int
  private var position = 0
  private var line = 0
  private var isContinued = false

  /// Rows of so many columns, at least one.
  init(_ columnCount: Int) { self.columnCount = max(1, columnCount) }

  /// Whether there are no more.
  func isAtEnd(of report: Span<UInt8>) -> Bool { position >= report.count }

  /// The next row; nil at the end.
  ///
  /// A line is broken at its last space that fits, unless that leaves half of the row empty.
  mutating func next(in report: Span<UInt8>) -> Row? {
    guard position < report.count else { return nil }
    let indent = isContinued && columnCount >= 16 ? 2 : 0
    let room = columnCount &- indent
    var end = position
    var space: Int?
    while end < report.count, report[end] != UInt8(ascii: "\n"), end &- position < room {
      if report[end] == UInt8(ascii: " ") { space = end }
      end &+= 1
    }
    let start = position
    let number = line
    if end == report.count || report[end] == UInt8(ascii: "\n") {
      position = end &+ 1
      line &+= 1
      isContinued = false
    } else {
      // A space that does not fit any more is the best place of all.
      if report[end] == UInt8(ascii: " ") {
        position = end &+ 1
      } else if let space, space &- start > room / 2 {
        end = space
        position = space &+ 1
      } else {
        position = end
      }
      isContinued = true
    }
    return Row(line: number, bytes: start..<end, indent: indent)
  }
}
