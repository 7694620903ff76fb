import Testing
import VirtIO

/// A split queue in the hands of a ``CrossDriver``.
final class CrossQueue: CrossRing {
  let index: UInt16
  let size: UInt16
  /// The descriptor table, the available ring and the used ring, a page each.
  let rings: any DMARegion
  let buffers: CrossBuffers
  var availableIndex: UInt16 = 0
  private var usedIndex: UInt16 = 0
  private unowned let driver: CrossDriver

  static let availableOffset = 4096
  static let usedOffset = 8192

  init(_ driver: CrossDriver, index: UInt16, size: UInt16) throws {
    self.driver = driver
    self.index = index
    self.size = size
    rings = try driver.allocate(3 * 4096)
    buffers = try CrossBuffers(driver)
  }

  /// Where one of the three rings is for the device.
  func address(_ area: Int) -> UInt64 { rings.deviceAddress.rawValue + UInt64(area) * 4096 }

  /// Programs the queue and enables it; without its size, it keeps the one that it has.
  func enable(writingSize: Bool = true) {
    driver.enable(index, size: writingSize ? size : nil, (0..<3).map(address))
  }

  // MARK: To the device

  func descriptor(
    _ number: Int, _ address: UInt64, _ byteCount: UInt32, flags: UInt16 = 0, next: UInt16 = 0
  ) {
    rings.store64(address, uncheckedAt: 16 * number)
    rings.store32(byteCount, uncheckedAt: 16 * number + 8)
    rings.store16(flags, uncheckedAt: 16 * number + 12)
    rings.store16(next, uncheckedAt: 16 * number + 14)
  }

  func offer(_ head: UInt16) {
    rings.store16(head, uncheckedAt: Self.availableOffset + 4 + 2 * Int(availableIndex % size))
    availableIndex &+= 1
  }

  /// Shows the device what was offered.
  func storeIndex() {
    rings.fullBarrier()
    rings.storeReleasing16(availableIndex, uncheckedAt: Self.availableOffset + 2)
    rings.fullBarrier()
  }

  /// Shows the device what was offered, and notifies it.
  func publish() {
    storeIndex()
    ring()
  }

  func ring() { driver.ring(index) }

  /// Lays a request out in two descriptors, and makes it available.
  func post(_ request: [UInt32], byteCount: Int? = nil, room: UInt32 = 2048, head: UInt16 = 0) {
    let buffer = buffer()
    fill(buffer.request, request)
    let count = UInt32(byteCount ?? 4 * request.count)
    descriptor(Int(head), buffer.request, count, flags: 1, next: head + 1)
    descriptor(Int(head) + 1, buffer.response, room, flags: 2)
    offer(head)
  }

  // MARK: From the device

  /// The used index as the device has it.
  var deviceUsedIndex: UInt16 { rings.loadAcquiring16(uncheckedAt: Self.usedOffset + 2) }

  /// Takes what the device has given back; nil if it does not.
  func takeUsed() -> (id: UInt32, byteCount: UInt32)? {
    guard driver.wait({ self.deviceUsedIndex != self.usedIndex }) else { return nil }
    rings.fullBarrier()
    let offset = Self.usedOffset + 4 + 8 * Int(usedIndex % size)
    usedIndex &+= 1
    return (rings.load32(uncheckedAt: offset), rings.load32(uncheckedAt: offset + 4))
  }

  // MARK: Both

  /// Does a command; answers the type of the response, and how long the device says it is.
  @discardableResult
  func send(_ request: [UInt32], byteCount: Int? = nil, room: UInt32 = 2048)
    -> (type: UInt32, byteCount: UInt32)?
  {
    post(request, byteCount: byteCount, room: room)
    publish()
    guard let used = takeUsed() else { return nil }
    return (response(0..<1)[0], used.byteCount)
  }

  /// The same, and writes the answer down.
  func ask(_ name: String, _ request: [UInt32], byteCount: Int? = nil, room: UInt32 = 2048) {
    guard let answer = send(request, byteCount: byteCount, room: room) else {
      driver.note("\(name) answered", false)
      return
    }
    driver.note(name, UInt64(answer.type))
    // Every answer without more to it is a header.
    if answer.byteCount != 24 { driver.note("\(name) length", UInt64(answer.byteCount)) }
  }
}

/// Requests of the GPU as words.
enum CrossCommand {
  static func of(
    _ type: UInt32, _ body: [UInt32] = [], flags: UInt32 = 0, fence: UInt64 = 0,
    context: UInt32 = 0, ring: UInt32 = 0
  ) -> [UInt32] {
    [
      type, flags, UInt32(truncatingIfNeeded: fence), UInt32(truncatingIfNeeded: fence >> 32),
      context, ring,
    ] + body
  }

  static let displayInfo = of(0x100)
  static func create(_ id: UInt32, _ width: UInt32, _ height: UInt32, format: UInt32 = 2)
    -> [UInt32]
  { of(0x101, [id, format, width, height]) }
  static func unref(_ id: UInt32) -> [UInt32] { of(0x102, [id, 0]) }
  static func setScanout(
    _ scanout: UInt32, _ id: UInt32, x: UInt32 = 0, _ width: UInt32, _ height: UInt32
  ) -> [UInt32] { of(0x103, [x, 0, width, height, scanout, id]) }
  static func flush(_ id: UInt32, x: UInt32 = 0, _ width: UInt32, _ height: UInt32) -> [UInt32] {
    of(0x104, [x, 0, width, height, id, 0])
  }
  static func transfer(
    _ id: UInt32, x: UInt32 = 0, _ width: UInt32, _ height: UInt32, offset: UInt64 = 0,
    fence: UInt64 = 0
  ) -> [UInt32] {
    of(
      0x105,
      [
        x, 0, width, height, UInt32(truncatingIfNeeded: offset),
        UInt32(truncatingIfNeeded: offset >> 32), id, 0,
      ], flags: fence == 0 ? 0 : 1, fence: fence)
  }
  static func attach(_ id: UInt32, _ address: UInt64, _ byteCount: UInt32, entries: UInt32 = 1)
    -> [UInt32]
  {
    of(
      0x106,
      [
        id, entries, UInt32(truncatingIfNeeded: address),
        UInt32(truncatingIfNeeded: address >> 32), byteCount, 0,
      ])
  }
  static func detach(_ id: UInt32) -> [UInt32] { of(0x107, [id, 0]) }
  static func edid(_ scanout: UInt32) -> [UInt32] { of(0x10a, [scanout, 0]) }
  static func updateCursor(_ id: UInt32, scanout: UInt32 = 0) -> [UInt32] {
    of(0x300, [scanout, 1, 2, 0, id, 0, 0, 0])
  }
}
