import Testing
import VirtIOGraphics

/// Memory for a console of a size.
private func memory(_ columns: Int, _ rows: Int, history: Int = 0) -> [TextCell] {
  Array(
    repeating: TextCell(),
    count: TextConsole.cellCount(columns: columns, rows: rows, history: history))
}

/// The screen as text, a line a row, without the blanks at its end.
private func screen(of console: borrowing TextConsole) -> String {
  var lines: [String] = []
  for row in 0..<console.rows {
    var line = ""
    for column in 0..<console.columns {
      line.unicodeScalars.append(console.cell(column: column, row: row)?.scalar ?? "!")
    }
    while line.last == " " { line.removeLast() }
    lines.append(line)
  }
  return lines.joined(separator: "\n")
}

/// What a screen shows after some text; `^` in it stands for ESC.
private func shown(_ text: String, columns: Int = 10, rows: Int = 4) -> String {
  var cells = memory(columns, rows)
  var console = TextConsole(columns: columns, rows: rows, cells: cells.mutableSpan)
  let bytes = Array(text.replacing("^", with: "\u{1B}").utf8)
  console.write(bytes.span)
  return screen(of: console)
}

@Suite("TextConsole")
struct TextConsoleTests {
  @Test(
    "screens",
    arguments: [
      ("ab\ncd\r\ne", "ab\ncd\ne\n"),
      ("abcdefghijkl", "abcdefghij\nkl\n\n"),
      // The last column waits: nothing wraps before there is a character to write.
      ("abcdefghij\nk", "abcdefghij\nk\n\n"), ("abcdefghij\rX", "Xbcdefghij\n\n\n"),
      ("^[?7labcdefghijXY", "abcdefghiY\n\n\n"), ("^[?7l^[?7habcdefghijX", "abcdefghij\nX\n\n"),
      ("1\n2\n3\n4\n5\n6", "3\n4\n5\n6"), ("^[20labc\ndef", "abc\n   def\n\n"),
      ("abc\u{8}\u{8}X", "aXc\n\n\n"), ("a\tb", "a       b\n\n\n"), ("a\t\tb", "a        b\n\n\n"),
      ("\u{8}x", "x\n\n\n"), ("^[3;4Hx^[Hy", "y\n\n   x\n"), ("^[99;99Hx", "\n\n\n         x"),
      ("^[2;2fx^[Ay^[2Dz^[Bw^[Cv", " zy\n xw v\n\n"),
      ("abc^[3Ex", "abc\n\n\nx"), ("\n\n\nabc^[2Fx", "\nx\n\nabc"),
      ("abc^[2Gx^[4dy", "axc\n\n\n  y"), ("a^[5`b", "a   b\n\n\n"),
      ("abcdef^[3D^[K", "abc\n\n\n"), ("abcdef^[3D^[1K", "    ef\n\n\n"),
      ("abcdef^[3D^[2Kx", "   x\n\n\n"), ("1\n2\n3\n4^[2;1H^[J", "1\n\n\n"),
      ("1\n2\n3\n4^[2;1H^[1J", "\n\n3\n4"), ("1\n2\n3^[2Jx", "\n\n x\n"),
      ("abcdef^[4D^[2Xx", "abx ef\n\n\n"), ("abcdef^[4D^[2@x", "abx cdef\n\n\n"),
      ("abcdef^[4D^[2P", "abef\n\n\n"),
      ("abcdefghij^[5D^[99@", "abcd\n\n\n"),
      ("1\n2\n3\n4^[2;3H^[Lx", "1\nx\n2\n3"), ("1\n2\n3\n4^[2;3H^[Mx", "1\nx\n4\n"),
      ("1\n2\n3\n4^[2S", "3\n4\n\n"), ("1\n2\n3\n4^[2T", "\n\n1\n2"), ("1\n2\n3\n4^[99S", "\n\n\n"),
      ("1\n2\n3\n4^[2;3r^[3;1H\nx", "1\n3\nx\n4"), ("1\n2\n3\n4^[2;3r^[2;1H^Mx", "1\nx\n2\n4"),
      ("1\n2\n3\n4^[2;3r^[4;1H\nx", "1\n2\n3\nx"), ("^[2;3r^[3;1H^[9Ax^[9By", "\nx\n y\n"),
      ("1\n2\n3\n4^[1;2r^[4;1H^[Lx", "1\n2\n3\nx"), ("1\n2\n3\n4^[3;4r^[H^[Mx", "x\n2\n3\n4"),
      ("a^[65538Gb", "a        b\n\n\n"), ("^[3;2rab", "ab\n\n\n"), ("^[H^Mx", "x\n\n\n"),
      ("ab^Dc^Ed", "ab\n  c\nd\n"),
      ("ab^7^[3;3Hx^8y", "aby\n\n  x\n"), ("ab^[s^[3;3Hx^[uy", "aby\n\n  x\n"),
      ("ab^ccd", "cd\n\n\n"), ("Жλ│\u{301}é", "Жλ│é\n\n\n"), ("a\u{7F}\u{85}\u{AD}b", "ab\n\n\n"),
    ])
  func screens(text: String, expected: String) {
    #expect(shown(text) == expected, "\(text)")
  }

  @Test(
    "what is unknown is passed over, and what follows it is written",
    arguments: [
      "^[?1049h", "^[>c", "^[=3;4u", "^[1;2;3z", "^[4:3m", "^[38;9;1m", "^[ q", "^[!p", "^[1$}",
      "^(B", "^#8",
      "^=", "^>", "^Z", "^]0;title\u{7}", "^]0;title^\\", "^P1$tx^\\", "^_x\n^\\", "^X\u{9}^\\",
      "^^a^\\",
      "^[12\u{18}", "^[12\u{1A}", "^[^[K", "^]x^[m", "^[1<2x", "^[99999999999999999999m",
      "\u{0}\u{7}\u{e}\u{f}\u{1c}",
      "^[1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18m",
    ])
  func unknown(text: String) {
    #expect(
      shown("a" + text + "b", columns: 10) == "ab\n\n\n", "\(text)")
  }

  @Test("colours: sixteen by name, 256, all, bold, inverse, underlined")
  func colors() {
    func cell(_ text: String) -> TextCell? {
      var cells = memory(4, 1)
      var console = TextConsole(columns: 4, rows: 1, cells: cells.mutableSpan)
      let bytes = Array(("\u{1B}[" + text + "mx").utf8)
      console.write(bytes.span)
      return console.cell(column: 0, row: 0)
    }
    func colors(_ text: String) -> [Color?] {
      let cell = cell(text)
      return [cell?.foregroundColor, cell?.backgroundColor]
    }
    let white = Color(rgb: 0xAAAAAA)
    #expect(colors("") == [white, .black] && colors("31;44;0") == [white, .black])
    #expect(colors("31") == [Color(rgb: 0xAA0000), .black])
    #expect(colors("33") == [Color(rgb: 0xAA5500), .black])
    #expect(colors("44") == [white, Color(rgb: 0x0000AA)])
    #expect(colors("1;31") == [Color(rgb: 0xFF5555), .black] && colors("1;31;22") == colors("31"))
    #expect(colors("93;102") == [Color(rgb: 0xFFFF55), Color(rgb: 0x55FF55)])
    #expect(colors("7") == [.black, white] && colors("7;27") == [white, .black])
    #expect(colors("38;5;196") == [Color(rgb: 0xFF0000), .black])
    #expect(colors("38;5;16;48;5;231") == [.black, .white])
    #expect(colors("38;5;67") == [Color(rgb: 0x5F87AF), .black])
    #expect(colors("48;5;232;38;5;255") == [Color(rgb: 0xEEEEEE), Color(rgb: 0x080808)])
    #expect(colors("38;2;1;2;3;48;2;4;5;999") == [Color(rgb: 0x010203), Color(rgb: 0x0405FF)])
    #expect(colors("38:2:1:2:3") == [Color(rgb: 0x010203), .black])
    #expect(colors("31;39;42;49") == [white, .black] && colors("1;38;5;1") == colors("31"))
    #expect(cell("4")?.isUnderlined == true && cell("4;24")?.isUnderlined == false)
  }

  @Test("lines that leave the screen are kept, as many as there is memory for")
  func history() {
    var cells = memory(4, 2, history: 3)
    var console = TextConsole(columns: 4, rows: 2, cells: cells.mutableSpan)
    let capacity = console.historyCapacity
    #expect(capacity == 3)
    for digit in 0..<8 {
      let line = Array("\n\(digit)".utf8)
      console.write(line.span)
    }
    var kept = (0..<3).map { console.historyCell(column: 0, line: $0)?.scalar }
    #expect(kept == ["5", "4", "3"] && screen(of: console) == "6\n7")
    let beyond = console.historyCell(column: 0, line: 3)
    #expect(beyond == nil)
    console.showHistory(99)
    var offset = console.viewOffset
    #expect(offset == 3)
    var picture = Picture(24, 16)
    picture.draw { console.draw(on: &$0) }
    var expected = Picture(24, 16)
    let gray = Color(rgb: 0xAAAAAA)
    expected.draw {
      $0.draw("3", x: 0, y: 0, color: gray)
      $0.draw("4", x: 0, y: 8, color: gray)
    }
    #expect(picture.words == expected.words)
    console.write("x")
    offset = console.viewOffset
    #expect(offset == 0)
    console.write("\u{1B}[3J")
    kept = (0..<3).map { console.historyCell(column: 0, line: $0)?.scalar }
    #expect(kept == [nil, nil, nil])
  }

  @Test("a blank cell is all zeros: memory that is cleared holds a blank screen")
  func blank() {
    let cell = TextCell()
    #expect(unsafe withUnsafeBytes(of: cell) { unsafe $0.allSatisfy { $0 == 0 } })
    #expect(cell.scalar == " " && !cell.isUnderlined)
    #expect(cell.foregroundColor == Color(rgb: 0xAAAAAA) && cell.backgroundColor == .black)
    // What is written and erased is as blank as what never was written.
    var cells = memory(2, 1)
    var console = TextConsole(columns: 2, rows: 1, cells: cells.mutableSpan)
    console.write("x\u{1B}[2J")
    #expect(console.cell(column: 0, row: 0) == cell)
  }

  @Test("a picture, with the cursor, an underline and a colour")
  func picture() {
    var cells = memory(3, 1)
    var console = TextConsole(columns: 3, rows: 1, cells: cells.mutableSpan)
    console.write("\u{1B}[38;2;255;255;255mH\u{1B}[4;38;2;255;0;0m-\u{1B}[0m")
    let drawn = art(18, 8) { console.draw(on: &$0) }
    #expect(
      drawn == """
        #...#.......??????
        #...#.......??????
        #...#.......??????
        #####..rrr..??????
        #...#.......??????
        #...#.......??????
        #...#.......??????
        ......rrrrrr??????
        """)
  }

  @Test("damage is what has changed: a character, and of a scroll what is written")
  func damage() {
    var cells = memory(40, 10)
    var console = TextConsole(columns: 40, rows: 10, cells: cells.mutableSpan)
    #expect(console.takeDamage().bounds == Rectangle(x: 0, y: 0, width: 240, height: 80))
    #expect(console.takeDamage().isEmpty)
    console.write("\u{1B}[?25l\u{1B}[4;10Hx")
    #expect(
      console.takeDamage(x: 5, y: 6, scale: 2).contains(x: 5 + 9 * 12, y: 6 + 3 * 16))
    console.write("\u{1B}[4;10Hx")
    #expect(console.takeDamage().isEmpty)
    console.write("\u{1B}[4;10H\u{3BB}")
    #expect(!console.takeDamage().isEmpty)
    console.write("\u{1B}[4;10H\u{3BB}")
    #expect(console.takeDamage().isEmpty)
    // Of a line only what is another than before.
    console.write("\u{1B}[4;10H\u{1B}[Kabcdef")
    _ = console.takeDamage()
    console.write("\u{1B}[4;10HabXdYf")
    #expect(console.takeDamage().bounds == Rectangle(x: 66, y: 24, width: 18, height: 8))
    console.write("\u{1B}[4;10H\u{1B}[Kx")
    _ = console.takeDamage()
    console.write("\u{1B}[10;1H\n")
    let scrolled = console.takeDamage()
    #expect(scrolled.bounds == Rectangle(x: 0, y: 16, width: 60, height: 16))
    console.write("\u{1B}[?25h")
    #expect(console.takeDamage().bounds == Rectangle(x: 0, y: 72, width: 6, height: 8))
    console.write("\u{1B}[A")
    #expect(console.takeDamage().bounds == Rectangle(x: 0, y: 64, width: 6, height: 16))
  }

  @Test(
    "whatever is written, the cursor stays inside, and drawing the damage is drawing all",
    arguments: 0..<30)
  func random(seed: Int) {
    var random = Numbers(seed: UInt64(seed))
    let (columns, rows) = (random.next(1...20), random.next(1...8))
    var cells = memory(columns, rows, history: random.next(0...9))
    var console = TextConsole(columns: columns, rows: rows, cells: cells.mutableSpan)
    var kept = Picture(columns * 6 + 4, rows * 8 + 4)
    for _ in 0..<60 {
      let bytes = randomBytes(&random)
      console.write(bytes.span)
      if random.next(0...9) == 0 { console.showHistory(random.next(-1...12)) }
      let (column, row) = (console.cursorColumn, console.cursorRow)
      #expect((0..<columns).contains(column) && (0..<rows).contains(row))
      let damage = console.takeDamage(x: 2, y: 3)
      kept.draw { console.draw(on: &$0, in: damage.rectangles, x: 2, y: 3) }
      var whole = Picture(columns * 6 + 4, rows * 8 + 4)
      whole.draw { console.draw(on: &$0, x: 2, y: 3) }
      #expect(
        kept.words == whole.words, "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
      if kept.words != whole.words { return }
    }
  }

  private func randomBytes(_ random: inout Numbers) -> [UInt8] {
    let finals = Array("@ABCDEFGHJKLMPSTXdefmrsuhl`z".utf8)
    var bytes: [UInt8] = []
    for _ in 0..<random.next(1...12) {
      switch random.next(0...9) {
      case 0...2: bytes += Array("ab \u{416}\u{2502}xyz".utf8).prefix(random.next(1...9))
      case 3: bytes.append(UInt8(random.next(0...31)))
      case 4: bytes.append(UInt8(random.next(0...255)))
      case 5: bytes += [0x1B, UInt8(random.next(0x20...0x7E))]
      case 6: bytes += Array("\u{1B}[\(random.next(30...49));\(random.next(0...7))m".utf8)
      default:
        bytes += Array("\u{1B}[\(random.next(0...1) == 0 ? "?" : "")\(random.next(0...26))".utf8)
        if random.next(0...1) == 0 { bytes += Array(";\(random.next(0...12))".utf8) }
        bytes.append(finals[random.next(0...finals.count - 1)])
      }
    }
    return bytes
  }

  @Test(
    "memory of any size makes a console, if only an empty one", arguments: [0, 1, 2, 3, 7, 30, 100])
  func sizes(count: Int) {
    for columns in [Int.min, -1, 0, 1, 5, 4096, Int.max] {
      for rows in [Int.min, 0, 1, 3, Int.max] {
        var cells = Array(repeating: TextCell(), count: count)
        var console = TextConsole(columns: columns, rows: rows, cells: cells.mutableSpan)
        let needed = TextConsole.cellCount(
          columns: console.columns, rows: console.rows, history: console.historyCapacity)
        #expect(console.rows == 0 || needed <= count)
        console.write("ab\ncd\u{1B}[2J\u{1B}[5L\u{1B}[9;9H\u{1B}M\u{1B}c\tx\u{1B}[3;4r\u{1B}[7P")
        console.showHistory(2)
        for x in [Int.min, -3, 0, Int.max] {
          var picture = Picture(9, 9)
          picture.draw { console.draw(on: &$0, x: x, y: x, scale: 2) }
          picture.draw { console.draw(on: &$0, x: 0, y: x, scale: Int.max) }
          picture.draw { console.draw(on: &$0, x: x, y: 0, scale: -1) }
          _ = console.takeDamage(x: x, y: x, scale: x)
        }
      }
    }
    #expect(TextConsole.cellCount(columns: Int.max, rows: 1, history: Int.max) == Int.max)
  }
}
