import VirtIO

/// What both layouts ask of the elements of a buffer.
///
/// - Spec: VirtIO 1.4 §2.7.4 "Message Framing", §2.8.7 "Scatter-Gather Support"
extension ModelCore {
  /// More of a request than this is not kept: no command is that long.
  private static var requestLimit: UInt64 { 1 << 19 }

  /// Takes one element of a buffer.
  func take(
    _ range: ModelRange, isWritable: Bool, to chain: inout ModelChain, order rule: ModelRule
  ) {
    let last = isWritable ? chain.writable.last : chain.writable.isEmpty ? chain.readable.last : nil
    if range.byteCount == 0 {
      violate(.splitFrame2, "a descriptor of chain \(chain.head) is empty")
    } else if let last, last.start &+ last.byteCount == range.start {
      violate(.splitFrame2, "chain \(chain.head) has two descriptors where one would do")
    }
    if !isWritable, !chain.writable.isEmpty {
      violate(rule, "chain \(chain.head) has something to read behind something to write")
      chain.isUsable = false
    }
    if range.byteCount > 0, allocations.holder(of: range) == nil {
      violate(.rfb5, "chain \(chain.head) names \(hexadecimal(range.start)), which is no memory")
      if !memory.contains(range.start, Int(range.byteCount)) { chain.isUsable = false }
    }
    if isWritable { chain.writable.append(range) } else { chain.readable.append(range) }
  }

  /// Takes a table of further descriptors, if it can be one.
  func takeTable(_ table: ModelRange, to chain: inout ModelChain, lengthRule: ModelRule) -> Bool {
    guard table.byteCount > 0, table.byteCount % 16 == 0 else {
      violate(lengthRule, "the table of chain \(chain.head) has \(table.byteCount) bytes")
      chain.isUsable = false
      return false
    }
    guard allocations.holder(of: table) != nil else {
      violate(.rfb5, "the table of chain \(chain.head) is at \(hexadecimal(table.start))")
      chain.isUsable = false
      return false
    }
    chain.tables.append(table)
    return true
  }

  /// Notes what the driver may not change until the buffer is given back.
  func remember(_ chain: inout ModelChain) {
    chain.request = bytes(of: chain)
    chain.entries = entries(of: chain)
  }

  /// What there is to read in a chain now.
  func bytes(of chain: ModelChain) -> [UInt8] {
    guard chain.isUsable else { return [] }
    return chain.readable.reduce(into: []) { bytes, range in
      bytes += memory.bytes(at: range.start, Int(min(range.byteCount, Self.requestLimit)))
    }
  }

  /// What there is in its tables now.
  func entries(of chain: ModelChain) -> [UInt8] {
    chain.tables.flatMap { memory.bytes(at: $0.start, Int($0.byteCount)) }
  }

  /// Whether what was handed over is as it was.
  func checkIntact(_ chain: ModelChain, _ index: Int) {
    if bytes(of: chain) != chain.request {
      violate(.design7, "the request \(chain.head) of queue \(index) was changed in flight")
    }
    if entries(of: chain) != chain.entries {
      violate(.clean1, "the table of \(chain.head) of queue \(index) was changed in flight")
    }
  }
}
