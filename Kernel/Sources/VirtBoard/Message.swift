public import VirtIO

/// A line of text of at most 248 ASCII characters, made without memory from anywhere:
/// `"scanout \(0) at \(address)"`. What is longer is cut off.
public struct Message: ExpressibleByStringInterpolation, TextSink {
  private var bytes = InlineArray<248, UInt8>(repeating: 0)
  private var byteCount: UInt8 = 0

  /// An empty line.
  public init() {}

  /// A line that is a constant.
  public init(stringLiteral text: StaticString) {
    write(text)
  }

  /// A line with values in it.
  public init(stringInterpolation: Interpolation) {
    self = stringInterpolation.message
  }

  /// The text.
  public var text: Span<UInt8> {
    @_lifetime(borrow self) get { bytes.span.extracting(first: Int(byteCount)) }
  }

  fileprivate mutating func append(_ byte: UInt8) {
    guard byteCount < 248 else { return }
    bytes[Int(byteCount)] = byte
    byteCount &+= 1
  }

  /// Adds a constant.
  @inline(never)
  public mutating func write(_ text: StaticString) {
    guard text.hasPointerRepresentation else { return }
    for index in 0..<text.utf8CodeUnitCount {
      // SAFETY: a static string has as many code units as it says, for ever.
      append(unsafe text.utf8Start[index])
    }
  }

  /// Adds what somebody else has written: a question mark for what is not printable ASCII.
  @inline(never)
  public mutating func write(ascii text: Span<UInt8>) {
    for index in text.indices {
      append(0x20...0x7e ~= text[index] ? text[index] : UInt8(ascii: "?"))
    }
  }

  /// Adds a number in decimal.
  public mutating func write(_ number: UInt64) {
    write(number, base: 10)
  }

  /// Adds a number in hexadecimal, with its prefix.
  public mutating func write(hexadecimal number: UInt64) {
    append(UInt8(ascii: "0"))
    append(UInt8(ascii: "x"))
    write(number, base: 16)
  }

  /// Adds a number in hexadecimal, with its prefix and all 16 digits.
  mutating func write(paddedHexadecimal number: UInt64) {
    append(UInt8(ascii: "0"))
    append(UInt8(ascii: "x"))
    write(number, base: 16, from: 1 << 60)
  }

  private mutating func write(_ number: UInt64, base: UInt64) {
    var divisor: UInt64 = 1
    var rest = number
    while rest >= base {
      rest /= max(1, base)
      divisor &*= base
    }
    write(number, base: base, from: divisor)
  }

  /// Adds the digits from the one that counts `first` on.
  @inline(never)
  private mutating func write(_ number: UInt64, base: UInt64, from first: UInt64) {
    var divisor = first
    while divisor > 0 {
      let digit = UInt8(truncatingIfNeeded: number / divisor % base)
      append(digit &+ (digit < 10 ? UInt8(ascii: "0") : UInt8(ascii: "a") &- 10))
      divisor /= base
    }
  }

  /// Puts the values of a line in their places.
  public struct Interpolation: StringInterpolationProtocol {
    fileprivate var message = Message()

    /// Starts a line.
    public init(literalCapacity: Int, interpolationCount: Int) {}

    /// Adds the text between two values.
    public mutating func appendLiteral(_ literal: StaticString) {
      message.write(literal)
    }

    /// Adds a constant.
    public mutating func appendInterpolation(_ text: StaticString) {
      message.write(text)
    }

    /// Adds a number in decimal.
    public mutating func appendInterpolation(_ number: UInt64) {
      message.write(number)
    }

    /// Adds a number in decimal.
    public mutating func appendInterpolation(_ number: UInt32) {
      message.write(UInt64(number))
    }

    /// Adds a number in decimal.
    public mutating func appendInterpolation(_ number: Int) {
      if number < 0 { message.write("-") }
      message.write(UInt64(number.magnitude))
    }

    /// Adds a number in hexadecimal.
    public mutating func appendInterpolation(hexadecimal number: UInt64) {
      message.write(hexadecimal: number)
    }

    /// Adds another line's text.
    public mutating func appendInterpolation(_ other: Message) {
      let text = other.text
      for index in text.indices { message.append(text[index]) }
    }

    /// Adds what something says of itself.
    public mutating func appendInterpolation<Value: Describable>(_ value: Value) {
      value.describe(to: &message)
    }
  }
}
