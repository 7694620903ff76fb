import Testing
import VirtIO
import VirtIOTesting

/// A split queue in the hands of a ``RawDriver``.
final class RawQueue {
  let driver: RawDriver
  let index: UInt16
  let size: UInt16
  let descriptors: ModelRegion
  let available: ModelRegion
  let used: ModelRegion
  /// Where requests are, and 2048 bytes behind each its response.
  let buffers: ModelRegion
  var availableIndex: UInt16 = 0
  var usedIndex: UInt16 = 0
  private var nextBuffer = 0

  init(_ driver: RawDriver, index: UInt16, size: UInt16) throws {
    self.driver = driver
    self.index = index
    self.size = size
    let count = Int(size)
    descriptors = try driver.allocate(16 * count)
    available = try driver.allocate(6 + 2 * count)
    used = try driver.allocate(6 + 8 * count)
    buffers = try driver.allocate(16 * 4096)
  }

  // MARK: To the device

  func descriptor(
    _ number: Int, _ address: UInt64, _ byteCount: UInt32, flags: UInt16 = 0, next: UInt16 = 0
  ) {
    descriptors.store64(address, uncheckedAt: 16 * number)
    descriptors.store32(byteCount, uncheckedAt: 16 * number + 8)
    descriptors.store16(flags, uncheckedAt: 16 * number + 12)
    descriptors.store16(next, uncheckedAt: 16 * number + 14)
  }

  /// The next buffer: where its request is, and where there is room for its response.
  func buffer() -> (request: UInt64, response: UInt64) {
    nextBuffer = (nextBuffer + 1) % 16
    let start = buffers.deviceAddress.rawValue + UInt64(nextBuffer * 4096)
    return (start, start + 2048)
  }

  /// Writes a request into a buffer.
  func fill(_ address: UInt64, _ bytes: [UInt8]) {
    let offset = Int(address - buffers.deviceAddress.rawValue)
    for (index, byte) in bytes.enumerated() {
      // SAFETY: the tests' requests are shorter than the room between two buffers.
      unsafe buffers.base.storeBytes(of: byte, toByteOffset: offset + index, as: UInt8.self)
    }
  }

  /// Puts a head in the next slot of the available ring.
  func offer(_ head: UInt16) {
    available.store16(head, uncheckedAt: 4 + 2 * Int(availableIndex % size))
    availableIndex &+= 1
  }

  /// Shows the device what was offered, without looking whether to notify.
  func storeIndex() {
    available.fullBarrier()
    available.storeReleasing16(availableIndex, uncheckedAt: 2)
  }

  /// Shows the device what was offered, and notifies if it asks for that.
  func publish() {
    storeIndex()
    used.fullBarrier()
    if used.load16(uncheckedAt: 0) & 1 == 0 { ring() }
  }

  func ring() {
    driver.access.write16(RawDriver.notification + UInt(index) * 4, index)
  }

  // MARK: From the device

  @discardableResult func takeUsed() -> (id: UInt32, byteCount: UInt32)? {
    let found = used.loadAcquiring16(uncheckedAt: 2)
    guard found != usedIndex else { return nil }
    used.fullBarrier()
    let offset = 4 + 8 * Int(usedIndex % size)
    usedIndex &+= 1
    return (used.load32(uncheckedAt: offset), used.load32(uncheckedAt: offset + 4))
  }

  // MARK: Both

  /// Lays a request out in descriptors 0 and 1, and makes it available.
  func post(_ request: [UInt8], responseByteCount: UInt32 = 2048) {
    let buffer = buffer()
    fill(buffer.request, request)
    descriptor(0, buffer.request, UInt32(request.count), flags: 1, next: 1)
    descriptor(1, buffer.response, responseByteCount, flags: 2)
    offer(0)
  }

  /// Does a command and answers the type of the response.
  @discardableResult func send(_ request: [UInt8], responseByteCount: UInt32 = 2048) -> UInt32 {
    post(request, responseByteCount: responseByteCount)
    let response = UInt64(nextBuffer * 4096 + 2048)
    publish()
    takeUsed()
    return buffers.load32(uncheckedAt: Int(response))
  }
}
