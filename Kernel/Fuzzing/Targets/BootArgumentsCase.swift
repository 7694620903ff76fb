import FuzzInputs
import VirtBoard
import VirtIO

/// Any bytes as the words that a kernel is started with; beside them, a reader that is slower and simpler.
enum BootArgumentsCase {
  static func run(_ bytes: Span<UInt8>) throws(Finding) {
    let arguments = BootArguments(bytes)
    let words = Words(bytes)
    try check(arguments.number("frames") == words.number("frames="), "frames= is another number")
    try check(arguments.number("f") == words.number("f="), "f= is another number")
    try check(
      arguments.has("queue", "split") == words.has("queue=", "split"), "queue= is not heeded")
    try check(arguments.has("wait", "poll") == words.has("wait=", "poll"), "wait= is not heeded")
    try check(arguments.has("f", "") == words.has("f=", ""), "f= is not heeded")
    var complaintCount = 0
    let declined = arguments.declinedFeatures { _ in complaintCount += 1 }
    let (expected, expectedCount) = words.declined
    try check(declined == expected, "features= is not heeded")
    try check(complaintCount == expectedCount, "there are \(complaintCount) complaints")
  }

  /// The words of the first 512 bytes.
  private struct Words {
    private let words: [ArraySlice<UInt8>]

    init(_ bytes: Span<UInt8>) {
      var copy: [UInt8] = []
      copy.reserveCapacity(512)
      for index in 0..<min(bytes.count, 512) { copy.append(bytes[index]) }
      words = copy.split(separator: UInt8(ascii: " "))
    }

    /// The value of the first word that starts so.
    private func value(_ start: String) -> ArraySlice<UInt8>? {
      words.first { $0.starts(with: start.utf8) }?.dropFirst(start.utf8.count)
    }

    func has(_ start: String, _ text: String) -> Bool {
      value(start).map { $0.elementsEqual(text.utf8) } ?? false
    }

    func number(_ start: String) -> UInt64? {
      guard let value = value(start), !value.isEmpty else { return nil }
      var number: UInt64 = 0
      for byte in value {
        guard UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte,
          case let (product, isTooMuch) = number.multipliedReportingOverflow(by: 10), !isTooMuch,
          case let (sum, isMore) = product.addingReportingOverflow(
            UInt64(byte - UInt8(ascii: "0"))), !isMore
        else { return nil }
        number = sum
      }
      return number
    }

    /// What is declined, and how many complaints there are.
    var declined: (Features, Int) {
      var declined: Features = []
      var count = 0
      if has("queue=", "split") {
        declined = .packedRing
      } else if value("queue=") != nil, !has("queue=", "auto"), !has("queue=", "packed") {
        count += 1
      }
      guard let value = value("features="), !value.isEmpty else { return (declined, count) }
      var names = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      if names.last?.isEmpty == true { names.removeLast() }
      for name in names {
        if let feature = Self.features.first(where: { name.elementsEqual("-\($0.name)".utf8) }) {
          declined.formUnion(feature.bits)
        } else {
          count += 1
        }
      }
      return (declined, count)
    }

    private static let features: [(name: String, bits: Features)] = [
      ("edid", Features(rawValue: 2)), ("indirect_desc", .indirectDescriptors),
      ("event_idx", .eventIndex), ("access_platform", .accessPlatform), ("packed", .packedRing),
      ("in_order", .inOrder), ("order_platform", .orderPlatform),
      ("notification_data", .notificationData),
      ("notif_config_data", .notificationConfigData), ("ring_reset", .ringReset),
    ]
  }
}
