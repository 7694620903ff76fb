#if !hasFeature(Embedded)
/// The name of a property, a path, or a string that a property is compared with, written as an
/// ASCII literal.
///
/// It holds a `String` only because its UTF-8 can be reached without `unsafe`, which is not so for
/// `StaticString`; nothing here compares, counts or allocates strings.
///
/// On hosts only: Embedded Swift 6.3 lets the span of a literal of up to 15 bytes point to a stack frame
/// that is gone.
public struct DeviceTreeName: ExpressibleByStringLiteral, Sendable {
  let text: String

  /// Makes a name of a literal.
  public init(stringLiteral text: String) {
    self.text = text
  }

  /// The bytes of the name, without a terminator.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self) get { text.utf8Span.span }
  }
}
#endif
