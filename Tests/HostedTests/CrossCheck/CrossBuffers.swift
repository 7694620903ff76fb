import VirtIO

/// Where the requests of a queue lie, and what is answered to them.
final class CrossBuffers {
  /// 16 pages: a request in each, and room for its response in the other half.
  private let pages: any DMARegion
  private var latest = 0

  init(_ driver: CrossDriver) throws { pages = try driver.allocate(16 * 4096) }

  /// The next buffer: where its request is, and where there is room for its response.
  func next() -> (request: UInt64, response: UInt64) {
    latest = (latest + 1) % 16
    let start = pages.deviceAddress.rawValue + UInt64(latest * 4096)
    return (start, start + 2048)
  }

  /// Writes words to an address in a buffer.
  func fill(_ address: UInt64, _ words: [UInt32]) {
    let offset = Int(address - pages.deviceAddress.rawValue)
    for (number, word) in words.enumerated() {
      pages.store32(word, uncheckedAt: offset + 4 * number)
    }
  }

  /// Words of the latest response.
  func response(_ range: Range<Int>) -> [UInt32] {
    range.map { pages.load32(uncheckedAt: latest * 4096 + 2048 + 4 * $0) }
  }
}

/// A queue of either kind, with its buffers.
protocol CrossRing {
  var buffers: CrossBuffers { get }
}

extension CrossRing {
  func buffer() -> (request: UInt64, response: UInt64) { buffers.next() }
  func fill(_ address: UInt64, _ words: [UInt32]) { buffers.fill(address, words) }
  func response(_ range: Range<Int>) -> [UInt32] { buffers.response(range) }
}
