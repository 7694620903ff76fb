public import VirtIO

/// What the kernel was started with: words separated by spaces, most of them `name=value`.
public struct BootArguments: Sendable {
  private var bytes = InlineArray<512, UInt8>(repeating: 0)
  private var byteCount = 0

  /// Keeps the first 512 bytes of `text`.
  public init(_ text: Span<UInt8>) {
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

  /// The features that are not to be used: those of `features=-NAME,-NAME`, and the packed ring with
  /// `queue=split`. What is not understood is told to `complain`, and left out.
  public func declinedFeatures(orElse complain: (Message) -> Void) -> Features {
    var declined: Features = []
    if has("queue", "split") {
      declined = .packedRing
    } else if value(of: "queue") != nil, !has("queue", "auto"), !has("queue", "packed") {
      complain("queue= is auto, split or packed")
    }
    guard var index = value(of: "features") else { return declined }
    while index < byteCount, bytes[index] != UInt8(ascii: " ") {
      var end = index
      while end < byteCount, bytes[end] != UInt8(ascii: " "), bytes[end] != UInt8(ascii: ",") {
        end &+= 1
      }
      if let feature = feature(named: index..<end) {
        declined.formUnion(feature)
      } else {
        complain("features= has a name that is not known, at character \(index)")
      }
      index = end < byteCount && bytes[end] == UInt8(ascii: ",") ? end &+ 1 : end
    }
    return declined
  }

  /// The feature that `-NAME` is about; nil if it is none.
  private func feature(named range: Range<Int>) -> Features? {
    guard !range.isEmpty, bytes[range.lowerBound] == UInt8(ascii: "-") else { return nil }
    let names = range.lowerBound &+ 1..<range.upperBound
    if isWord(names, "edid") { return Features(rawValue: 1 << 1) }
    if isWord(names, "indirect_desc") { return .indirectDescriptors }
    if isWord(names, "event_idx") { return .eventIndex }
    if isWord(names, "access_platform") { return .accessPlatform }
    if isWord(names, "packed") { return .packedRing }
    if isWord(names, "in_order") { return .inOrder }
    if isWord(names, "order_platform") { return .orderPlatform }
    if isWord(names, "notification_data") { return .notificationData }
    if isWord(names, "notif_config_data") { return .notificationConfigData }
    return isWord(names, "ring_reset") ? .ringReset : nil
  }

  private func isWord(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<range.count {
      // SAFETY: a static string of more than one character has as many code units as it says.
      guard unsafe bytes[range.lowerBound &+ index] == word.utf8Start[index] else { return false }
    }
    return true
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
