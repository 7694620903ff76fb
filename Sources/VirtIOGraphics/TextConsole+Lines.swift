/// The grid: lines in a ring, how much of each is used, and what of the screen is to be drawn.
extension TextConsole {
  /// Where the first cell of a row lies; those above the screen are negative. There is the row.
  func start(of row: Int) -> Int { header(of: row) &+ 1 }

  /// Where it stands how much of a row is used: beyond that it is blank, and black.
  private func header(of row: Int) -> Int {
    var line = top &+ row
    if line >= lineCount { line &-= lineCount }
    if line < 0 { line &+= lineCount }
    return rows &+ line &* (columns &+ 1)
  }

  private func used(_ row: Int) -> Int { Int(cells[header(of: row)].content) }

  @_lifetime(self: copy self)
  private mutating func setUsed(_ row: Int, _ count: Int) {
    cells[header(of: row)].content = UInt32(truncatingIfNeeded: count)
  }

  /// Notes that columns of a row are to be drawn.
  @_lifetime(self: copy self)
  mutating func note(_ row: Int, _ first: Int, _ end: Int) {
    if first >= end { return }
    cells[row].foreground = min(cells[row].foreground, UInt32(truncatingIfNeeded: first))
    cells[row].background = max(cells[row].background, UInt32(truncatingIfNeeded: end))
  }

  /// Takes which columns of a row are to be drawn; none if the end is not beyond the first.
  @_lifetime(self: copy self)
  mutating func takeNote(_ row: Int) -> (first: Int, end: Int) {
    let note = cells[row]
    cells[row].foreground = .max
    cells[row].background = 0
    return (Int(note.foreground), Int(note.background))
  }

  @_lifetime(self: copy self)
  mutating func set(_ row: Int, _ column: Int, to cell: TextCell) {
    let place = start(of: row) &+ column
    if cells[place] == cell { return }
    cells[place] = cell
    noteWritten(row, column, column &+ 1)
  }

  /// Notes that columns of a row hold something else now.
  @_lifetime(self: copy self)
  mutating func noteWritten(_ row: Int, _ first: Int, _ end: Int) {
    if first >= end { return }
    if end > used(row) { setUsed(row, end) }
    note(row, first, end)
  }

  /// Erases columns of a row.
  @_lifetime(self: copy self)
  mutating func erase(_ row: Int, _ first: Int, _ end: Int) {
    if first >= end { return }
    let (blank, start, before) = (style.blank, start(of: row), used(row))
    for column in first..<end { cells[start &+ column] = blank }
    if blank.background != 0 {
      note(row, first, end)
      setUsed(row, max(before, end))
    } else {
      note(row, first, min(end, before))
      if end >= before { setUsed(row, min(first, before)) }
    }
  }

  @_lifetime(self: copy self)
  mutating func eraseRows(_ first: Int, _ end: Int) {
    var row = first
    while row < end {
      erase(row, 0, columns)
      row &+= 1
    }
  }

  /// Forgets everything, as after switching on.
  @_lifetime(self: copy self)
  mutating func reset() {
    style = TextStyle()
    savedStyle = style
    cursor = TextPosition()
    saved = cursor
    sequence = ControlSequence()
    region = 0..<rows
    (wraps, showsCursor, returnsWithLineFeed) = (true, true, true)
    (top, historyCount, viewOffset) = (0, 0, 0)
    for index in cells.indices { cells[index] = TextCell() }
    for row in 0..<lineCount { setUsed(row, 0) }
    for row in 0..<rows {
      _ = takeNote(row)
      note(row, 0, columns)
    }
  }

  // MARK: Scrolling

  /// One row down; at the end of the region it scrolls.
  @_lifetime(self: copy self)
  mutating func feedLine() {
    if cursor.row &+ 1 == region.upperBound {
      scrollUp(region, by: 1)
    } else if cursor.row &+ 1 < rows {
      cursor.row &+= 1
    }
  }

  /// Moves the lines of some rows up. Those that leave the whole screen are kept.
  @_lifetime(self: copy self)
  mutating func scrollUp(_ range: Range<Int>, by amount: Int) {
    let amount = min(amount, range.count)
    if range == 0..<rows {
      for _ in 0..<amount { scrollScreen() }
      return
    }
    for row in range.lowerBound..<range.upperBound &- amount { copyRow(row &+ amount, to: row) }
    eraseRows(range.upperBound &- amount, range.upperBound)
  }

  /// Moves the lines of some rows down.
  @_lifetime(self: copy self)
  mutating func scrollDown(_ range: Range<Int>, by amount: Int) {
    let amount = min(amount, range.count)
    var row = range.upperBound &- 1
    while row >= range.lowerBound &+ amount {
      copyRow(row &- amount, to: row)
      row &-= 1
    }
    eraseRows(range.lowerBound, range.lowerBound &+ amount)
  }

  /// The whole screen by one line: the ring turns, and no cell is moved.
  @_lifetime(self: copy self)
  private mutating func scrollScreen() {
    // The oldest line becomes the new one.
    for row in 0..<rows {
      let below = row &+ 1 < rows ? used(row &+ 1) : 0
      note(row, 0, max(used(row), below))
    }
    top = top &+ 1 == lineCount ? 0 : top &+ 1
    historyCount = min(historyCount &+ 1, historyCapacity)
    erase(rows &- 1, 0, columns)
  }

  @_lifetime(self: copy self)
  private mutating func copyRow(_ source: Int, to target: Int) {
    let (from, to) = (start(of: source), start(of: target))
    let extent = max(used(source), used(target))
    for column in 0..<extent { cells[to &+ column] = cells[from &+ column] }
    note(target, 0, extent)
    setUsed(target, used(source))
  }

  // MARK: Characters

  /// Inserts blanks at the cursor; what leaves the row is gone.
  @_lifetime(self: copy self)
  mutating func insertCharacters(_ amount: Int) {
    let (row, column) = (cursor.row, cursor.column)
    let amount = min(amount, columns &- column)
    let start = start(of: row)
    var place = columns &- 1
    while place >= column &+ amount {
      cells[start &+ place] = cells[start &+ place &- amount]
      place &-= 1
    }
    setUsed(row, columns)
    note(row, column, columns)
    erase(row, column, column &+ amount)
  }

  /// Deletes characters at the cursor; the rest of the row follows.
  @_lifetime(self: copy self)
  mutating func deleteCharacters(_ amount: Int) {
    let (row, column) = (cursor.row, cursor.column)
    let amount = min(amount, columns &- column)
    let start = start(of: row)
    for place in column..<columns &- amount {
      cells[start &+ place] = cells[start &+ place &+ amount]
    }
    note(row, column, columns)
    erase(row, columns &- amount, columns)
  }
}
