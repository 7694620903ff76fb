/// What the kernel was started with: words separated by spaces, most of them `name=value`.
public struct BootArguments: Sendable {
  private var bytes = InlineArray<512, UInt8>(repeating: 0)
  private var byteCount = 0

  /// Keeps the first 512 bytes of `text`.
  init(_ text: Span<UInt8>) {
    byteCount = min(text.count, bytes.count)
    for index in 0..<byteCount { bytes[index] = text[index] }
  }

  /// The value of the first word `name=value`, as a decimal number; nil if there is none, or if its
  /// value is no number of 64 bits.
  public func number(_ name: StaticString) -> UInt64? {
    guard var index = value(of: name) else { return nil }
    var number: UInt64 = 0
    var digitCount = 0
    while index < byteCount, bytes[index] != UInt8(ascii: " ") {
      let digit = bytes[index] &- UInt8(ascii: "0")
      guard digit < 10 else { return nil }
      let shifted = number.multipliedReportingOverflow(by: 10)
      let sum = shifted.partialValue.addingReportingOverflow(UInt64(digit))
      guard !shifted.overflow, !sum.overflow else { return nil }
      number = sum.partialValue
      digitCount &+= 1
      index &+= 1
    }
    return digitCount > 0 ? number : nil
  }

  /// Whether the first word `name=value` has this value.
  public func has(_ name: StaticString, _ value: StaticString) -> Bool {
    guard let start = self.value(of: name) else { return false }
    let length = value.utf8CodeUnitCount
    guard length <= byteCount &- start else { return false }
    for index in 0..<length {
      // SAFETY: a static string has as many code units as it says, for ever.
      guard unsafe bytes[start &+ index] == value.utf8Start[index] else { return false }
    }
    return start &+ length == byteCount || bytes[start &+ length] == UInt8(ascii: " ")
  }

  /// Where the value of the first word `name=value` starts.
  private func value(of name: StaticString) -> Int? {
    var start = 0
    while start < byteCount {
      if let end = match(name, at: start) { return end }
      while start < byteCount, bytes[start] != UInt8(ascii: " ") { start &+= 1 }
      start &+= 1
    }
    return nil
  }

  private func match(_ name: StaticString, at start: Int) -> Int? {
    let length = name.utf8CodeUnitCount
    guard length < byteCount &- start, bytes[start &+ length] == UInt8(ascii: "=") else {
      return nil
    }
    for index in 0..<length {
      // SAFETY: a static string of more than one character has as many code units as it says.
      guard unsafe bytes[start &+ index] == name.utf8Start[index] else { return nil }
    }
    return start &+ length &+ 1
  }
}
