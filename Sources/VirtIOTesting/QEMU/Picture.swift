/// The pixels of a screenshot.
public struct Picture: Sendable, Equatable {
  /// One pixel.
  public struct Pixel: Sendable, Hashable {
    /// Red, 0 to 255.
    public let red: UInt8
    /// Green, 0 to 255.
    public let green: UInt8
    /// Blue, 0 to 255.
    public let blue: UInt8

    /// A pixel of these components.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
      self.red = red
      self.green = green
      self.blue = blue
    }
  }

  /// Pixels in a row.
  public let width: Int
  /// Rows.
  public let height: Int
  /// Three bytes a pixel (red, green, blue), row by row from the top.
  public let bytes: [UInt8]

  /// A picture of these bytes; nil if their number does not fit the size.
  public init?(width: Int, height: Int, bytes: [UInt8]) {
    let (pixels, overflow) = width.multipliedReportingOverflow(by: height)
    guard width >= 0, height >= 0, !overflow, bytes.count.isMultiple(of: 3),
      bytes.count / 3 == pixels
    else { return nil }
    self.width = width
    self.height = height
    self.bytes = bytes
  }

  /// The pixel at column x of row y.
  public subscript(x: Int, y: Int) -> Pixel {
    let start = (y * width + x) * 3
    return Pixel(red: bytes[start], green: bytes[start + 1], blue: bytes[start + 2])
  }
}

extension Picture {
  /// Reads a binary portable pixmap (PPM, `P6`) of 8 bits a component; nil if it is none.
  public init?(ppm file: [UInt8]) {
    var position = 2
    guard file.starts(with: [0x50, 0x36]) else { return nil }
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    /// The next decimal number after white space and comments.
    func number() -> Int? {
      while position < file.count {
        if file[position] == UInt8(ascii: "#") {
          while position < file.count, file[position] != 0x0A { position += 1 }
        } else if isSpace(file[position]) {
          position += 1
        } else {
          break
        }
      }
      let digits = file[position...].prefix { (0x30...0x39).contains($0) }
      position += digits.count
      return Int(String(decoding: digits, as: UTF8.self))
    }
    guard let width = number(), let height = number(), number() == 255,
      position < file.count, isSpace(file[position])
    else { return nil }
    // Exactly one byte of white space ends the header.
    let pixels = file[(position + 1)...]
    // QEMU 7.2 fills each row up to a multiple of four bytes, which the format does not know.
    let (row, overflow) = width.multipliedReportingOverflow(by: 3)
    let filled = (row &+ 3) & ~3
    if !overflow, filled != row, height > 0, pixels.count.isMultiple(of: filled),
      pixels.count / filled == height
    {
      let rows = stride(from: pixels.startIndex, to: pixels.endIndex, by: filled)
      let bytes = rows.flatMap { pixels[$0..<$0 + row] }
      self.init(width: width, height: height, bytes: bytes)
    } else {
      self.init(width: width, height: height, bytes: Array(pixels))
    }
  }
}
