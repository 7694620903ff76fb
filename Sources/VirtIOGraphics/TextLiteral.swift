/// A text written in the source: never allocated, never released.
///
/// Drawing calls take it wherever a literal stands: `canvas.draw("hello", ...)`. It holds a
/// `String` because the bytes of a `StaticString` cannot be reached without `unsafe`; as the
/// only way to make one is a literal, those bytes lie in the program's read-only data.
public struct TextLiteral: ExpressibleByStringLiteral, Sendable {
  private let view: String.UTF8View

  /// Creates a text from a literal.
  public init(stringLiteral value: String) {
    view = value.utf8
  }

  /// The bytes in UTF-8.
  public var utf8: Span<UInt8> {
    @_lifetime(borrow self) get { view.span }
  }
}
