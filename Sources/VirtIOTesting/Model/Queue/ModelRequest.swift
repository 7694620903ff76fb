import VirtIO

/// A buffer that was taken and will be given back.
struct ModelRequest {
  var chain: ModelChain
  /// What is written to it, and what the device says that it has written.
  var response: [UInt8]
  var id: UInt32
  var byteCount: UInt32
  /// At which poll it is given back.
  var due: UInt64
  /// It waits for another one to be given back before it.
  var isOvertaken = false
  /// Also where buffers have to be used in order.
  var breaksOrder = false
  var isDuplicated = false
  var isDropped = false
  /// A packed ring is told of it by the bits of the other lap.
  var isOfOtherLap = false
  /// What the device reads until then, with fingerprints.
  var sources: [(range: ModelRange, fingerprint: UInt64)] = []
}

extension ModelRequest {
  /// Changes the response, which may become longer by it.
  mutating func put(_ value: UInt64, _ width: Int, at offset: Int) {
    guard offset >= 0, offset <= 4096 else { return }
    while response.count < offset + width { response.append(0) }
    for index in 0..<width {
      response[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }
}
