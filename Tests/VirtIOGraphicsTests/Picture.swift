import VirtIOGraphics

/// An owner of pixels as the driver's frame is one: it lends them for as long as it is borrowed.
struct Picture: ~Copyable {
  var words: [UInt32]
  let width: Int
  let height: Int
  let stride: Int
  let format: PixelFormat

  init(_ width: Int, _ height: Int, stride: Int? = nil, format: PixelFormat = .b8g8r8x8) {
    self.width = width
    self.height = height
    self.stride = stride ?? width
    self.format = format
    words = Array(repeating: format.encode(.black), count: self.stride * height)
  }

  var pixels: MutableSpan<UInt32> {
    @_lifetime(&self) mutating get { words.mutableSpan }
  }

  /// Draws on the whole picture.
  mutating func draw(_ body: (inout Canvas) -> Void) {
    var canvas = Canvas(
      width: width, height: height, stride: stride, format: format, pixels: pixels)
    body(&canvas)
  }

  /// The picture as text: a character for a colour, and what lies between the rows must be black.
  var art: String {
    var lines: [String] = []
    for y in 0..<height {
      let row = words[y * stride..<(y + 1) * stride].map { Self.character(format.decode($0)) }
      let gap = row[width...].allSatisfy { $0 == "." } ? "" : " touched beyond the row"
      lines.append(String(row[..<width]) + gap)
    }
    return lines.joined(separator: "\n")
  }

  private static func character(_ color: Color) -> Character {
    switch color {
    case .black: "."
    case .white: "#"
    case .pureRed: "r"
    case .pureGreen: "g"
    case Color(rgb: 0x808080): "+"
    default: "?"
    }
  }
}

extension Color {
  static var pureRed: Color { Color(rgb: 0xFF0000) }
  static var pureGreen: Color { Color(rgb: 0x00FF00) }
}

/// What `draw` leaves on a black picture, as text.
func art(
  _ width: Int, _ height: Int, stride: Int? = nil, _ draw: (inout Canvas) -> Void
) -> String {
  var picture = Picture(width, height, stride: stride)
  picture.draw(draw)
  return picture.art
}
