/// Control characters and sequences: ECMA-48 "Control functions", and of xterm's what is usual.
extension TextConsole {
  /// Takes a control character, or a part of a sequence.
  @_lifetime(self: copy self)
  mutating func interpret(_ value: UInt32) {
    switch value {
    // CAN and SUB end any sequence.
    case 0x18, 0x1A: sequence.state = .ground
    case 0x1B where sequence.state == .string: sequence.state = .stringEscape
    case 0x1B: sequence.state = .escape
    case _ where sequence.state == .string:
      if value == 0x07 { sequence.state = .ground }
    case _ where sequence.state == .stringEscape:
      // ST ends the string; anything else begins a sequence of its own.
      sequence.state = .escape
      if value == 0x5C { sequence.state = .ground } else { interpret(value) }
    case 0..<0x20: control(value)
    case 0x7F...: if value > 0x7F { sequence.state = .ground }
    default: interpretPart(value)
    }
  }

  @_lifetime(self: copy self)
  private mutating func interpretPart(_ value: UInt32) {
    switch sequence.state {
    case .escape: escape(value)
    case .escapeIntermediate: if value >= 0x30 { sequence.state = .ground }
    case .control where value >= 0x40:
      sequence.state = .ground
      if !sequence.hasIntermediate { perform(value) }
    case .control: sequence.take(value)
    case .ignored: if value >= 0x40 { sequence.state = .ground }
    case .ground, .string, .stringEscape: break
    }
  }

  @_lifetime(self: copy self)
  private mutating func control(_ value: UInt32) {
    switch value {
    case 0x08:
      cursor.column = max(0, cursor.column &- 1)
      cursor.isPastEnd = false
    case 0x09:
      cursor.column = min((cursor.column | 7) &+ 1, columns &- 1)
      cursor.isPastEnd = false
    case 0x0A, 0x0B, 0x0C:
      if returnsWithLineFeed { cursor.column = 0 }
      cursor.isPastEnd = false
      feedLine()
    case 0x0D:
      cursor.column = 0
      cursor.isPastEnd = false
    default: break
    }
  }

  @_lifetime(self: copy self)
  private mutating func escape(_ value: UInt32) {
    sequence.state = .ground
    switch value {
    case 0x5B: sequence.begin()  // [
    case 0x50, 0x58, 0x5D, 0x5E, 0x5F: sequence.state = .string  // P X ] ^ _
    case 0x20...0x2F: sequence.state = .escapeIntermediate
    case 0x37: save()  // 7
    case 0x38: restore()  // 8
    case 0x44: feedLine()  // D
    case 0x45:  // E
      cursor = TextPosition(column: 0, row: cursor.row)
      feedLine()
    case 0x4D:  // M
      if cursor.row == region.lowerBound {
        scrollDown(region, by: 1)
      } else {
        cursor.row = max(0, cursor.row &- 1)
      }
    case 0x63: reset()  // c
    default: break
    }
  }

  /// Performs a control sequence, by its final byte.
  @_lifetime(self: copy self)
  private mutating func perform(_ value: UInt32) {
    if sequence.prefix != 0 {
      if sequence.prefix == 0x3F { setPrivateMode(value) }
      return
    }
    let amount = sequence.amount()
    switch value {
    case 0x41, 0x46: moveRows(up: amount, returning: value == 0x46)  // A F
    case 0x42, 0x45, 0x65: moveRows(down: amount, returning: value == 0x45)  // B E e
    case 0x43, 0x61: move(to: cursor.column &+ amount, cursor.row)  // C a
    case 0x44: move(to: cursor.column &- amount, cursor.row)  // D
    case 0x47, 0x60: move(to: amount &- 1, cursor.row)  // G `
    case 0x48, 0x66: move(to: sequence.amount(1) &- 1, amount &- 1)  // H f
    case 0x64: move(to: cursor.column, amount &- 1)  // d
    case 0x4A: eraseInScreen(sequence.parameter(0))  // J
    case 0x4B: eraseInRow(sequence.parameter(0))  // K
    case 0x58:  // X
      erase(cursor.row, cursor.column, min(columns, cursor.column &+ amount))
    case 0x6D: setStyle()  // m
    case 0x72: setRegion(first: amount, last: sequence.parameter(1))  // r
    case 0x73: save()  // s
    case 0x75: restore()  // u
    case 0x68, 0x6C:  // h l
      if sequence.parameter(0) == 20 { returnsWithLineFeed = value == 0x68 }
    default: editLines(value, amount)
    }
  }

  @_lifetime(self: copy self)
  private mutating func editLines(_ value: UInt32, _ amount: Int) {
    switch value {
    case 0x40: insertCharacters(amount)  // @
    case 0x50: deleteCharacters(amount)  // P
    case 0x53: scrollUp(region, by: amount)  // S
    case 0x54: scrollDown(region, by: amount)  // T
    case 0x4C, 0x4D:  // L M
      guard region.contains(cursor.row) else { return }
      let rest = cursor.row..<region.upperBound
      cursor = TextPosition(column: 0, row: cursor.row)
      if value == 0x4C { scrollDown(rest, by: amount) } else { scrollUp(rest, by: amount) }
    default: return
    }
    cursor.isPastEnd = false
  }

  @_lifetime(self: copy self)
  private mutating func setPrivateMode(_ value: UInt32) {
    guard value == 0x68 || value == 0x6C else { return }
    for index in 0..<sequence.parameterCount {
      switch sequence.parameter(index) {
      case 7: wraps = value == 0x68
      case 25: showsCursor = value == 0x68
      default: break
      }
    }
  }

  // MARK: The cursor

  @_lifetime(self: copy self)
  private mutating func move(to column: Int, _ row: Int) {
    cursor = TextPosition(
      column: max(0, min(column, columns &- 1)), row: max(0, min(row, rows &- 1)))
  }

  /// Up to the beginning of the region, or of the screen from above that.
  @_lifetime(self: copy self)
  private mutating func moveRows(up amount: Int, returning: Bool) {
    let limit = cursor.row >= region.lowerBound ? region.lowerBound : 0
    move(to: returning ? 0 : cursor.column, max(limit, cursor.row &- amount))
  }

  @_lifetime(self: copy self)
  private mutating func moveRows(down amount: Int, returning: Bool) {
    let limit = cursor.row < region.upperBound ? region.upperBound : rows
    move(to: returning ? 0 : cursor.column, min(limit &- 1, cursor.row &+ amount))
  }

  @_lifetime(self: copy self)
  private mutating func save() {
    saved = cursor
    savedStyle = style
  }

  @_lifetime(self: copy self)
  private mutating func restore() {
    cursor = saved
    style = savedStyle
  }

  @_lifetime(self: copy self)
  private mutating func setRegion(first: Int, last: Int) {
    let end = last == 0 ? rows : min(last, rows)
    guard first < end else { return }
    region = first &- 1..<end
    cursor = TextPosition()
  }

  // MARK: Erasing

  @_lifetime(self: copy self)
  private mutating func eraseInRow(_ part: Int) {
    cursor.isPastEnd = false
    switch part {
    case 0: erase(cursor.row, cursor.column, columns)
    case 1: erase(cursor.row, 0, cursor.column &+ 1)
    case 2: erase(cursor.row, 0, columns)
    default: break
    }
  }

  @_lifetime(self: copy self)
  private mutating func eraseInScreen(_ part: Int) {
    switch part {
    case 0:
      eraseInRow(0)
      eraseRows(cursor.row &+ 1, rows)
    case 1:
      eraseRows(0, cursor.row)
      eraseInRow(1)
    case 2: eraseRows(0, rows)
    case 3: historyCount = 0
    default: break
    }
  }

  // MARK: SGR

  @_lifetime(self: copy self)
  private mutating func setStyle() {
    var index = 0
    while index < sequence.parameterCount {
      let parameter = sequence.parameter(index)
      index &+= 1
      guard parameter == 38 || parameter == 48 else {
        style.apply(parameter)
        continue
      }
      let kind = sequence.parameter(index)
      if kind == 5 {
        set(TextStyle.palette(channel(index &+ 1)), parameter)
        index &+= 2
      } else if kind == 2 {
        let (red, green, blue) = (channel(index &+ 1), channel(index &+ 2), channel(index &+ 3))
        set(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue), parameter)
        index &+= 4
      } else {
        // What follows belongs to a colour that is not known.
        return
      }
    }
  }

  private func channel(_ index: Int) -> UInt8 { UInt8(clamping: sequence.parameter(index)) }

  @_lifetime(self: copy self)
  private mutating func set(_ color: UInt32, _ parameter: Int) {
    style.set(color, isForeground: parameter == 38)
  }
}
