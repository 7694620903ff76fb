/// The bytes of an input, one after the other. Behind the end there are zeroes, and everybody behaves.
public final class FuzzInput {
  private let bytes: [UInt8]
  private var position = 0

  /// - Parameter bytes: The input; it is copied.
  public init(_ bytes: Span<UInt8>) {
    var copy = [UInt8](repeating: 0, count: bytes.count)
    for index in bytes.indices { copy[index] = bytes[index] }
    self.bytes = copy
  }

  /// Whether all of it was read.
  public var isOver: Bool { position >= bytes.count }

  /// The next byte.
  public func byte() -> UInt8 {
    guard position < bytes.count else { return 0 }
    defer { position += 1 }
    return bytes[position]
  }

  /// The next two bytes, as a little-endian number.
  public func word16() -> UInt16 { UInt16(byte()) | UInt16(byte()) << 8 }
  /// The next four bytes, as a little-endian number.
  public func word32() -> UInt32 { UInt32(word16()) | UInt32(word16()) << 16 }
  /// The next eight bytes, as a little-endian number.
  public func word64() -> UInt64 { UInt64(word32()) | UInt64(word32()) << 32 }

  /// A number below `limit`, which is more than 0.
  public func number(below limit: Int) -> Int { Int(byte()) % limit }

  /// The next bytes, so many at the most.
  public func take(_ count: Int) -> ArraySlice<UInt8> {
    let end = min(position + max(0, count), bytes.count)
    defer { position = end }
    return bytes[position..<end]
  }

  /// What is left.
  public var rest: ArraySlice<UInt8> { take(bytes.count) }

  /// Ends the input here.
  public func end() { position = bytes.count }
}
