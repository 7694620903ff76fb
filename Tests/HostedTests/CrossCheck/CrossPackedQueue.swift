import Testing
import VirtIO

/// A packed queue in the hands of a ``CrossDriver``.
final class CrossPackedQueue: CrossRing {
  let index: UInt16
  let size: UInt16
  /// The descriptor ring, the driver's event area and the device's, a page each.
  let rings: any DMARegion
  let buffers: CrossBuffers
  /// Where the driver goes on, and where the device does, in slots since the queue was enabled.
  var position = 0
  private var usedPosition = 0
  private unowned let driver: CrossDriver

  static let driverEvent = 4096
  static let deviceEvent = 8192

  /// The flags of descriptors.
  enum Flags {
    static let next: UInt16 = 1
    static let write: UInt16 = 2
    static let indirect: UInt16 = 4
    static let available: UInt16 = 1 << 7
    static let used: UInt16 = 1 << 15
  }

  init(_ driver: CrossDriver, index: UInt16, size: UInt16) throws {
    self.driver = driver
    self.index = index
    self.size = size
    rings = try driver.allocate(3 * 4096)
    buffers = try CrossBuffers(driver)
  }

  /// Programs the queue and enables it.
  func enable() {
    let start = rings.deviceAddress.rawValue
    driver.enable(index, size: size, (0..<3).map { start + 4096 * $0 })
  }

  // MARK: To the device

  /// The two flags that make a descriptor available at a position.
  func available(at position: Int) -> UInt16 {
    position / Int(size) % 2 == 0 ? Flags.available : Flags.used
  }

  /// Stores a descriptor, its flags last.
  func descriptor(
    at position: Int, _ address: UInt64, _ byteCount: UInt32, id: UInt16 = 0, flags: UInt16
  ) {
    let place = 16 * (position % Int(size))
    rings.store64(address, uncheckedAt: place)
    rings.store32(byteCount, uncheckedAt: place + 8)
    rings.store16(id, uncheckedAt: place + 12)
    rings.fullBarrier()
    rings.storeReleasing16(flags, uncheckedAt: place + 14)
    rings.fullBarrier()
  }

  /// Makes a list of descriptors available, the first of them last.
  func post(
    _ list: [(address: UInt64, byteCount: UInt32, flags: UInt16)], id: UInt16 = 0
  ) {
    for number in list.indices.reversed() {
      let next = number + 1 < list.count ? Flags.next : 0
      descriptor(
        at: position + number, list[number].address, list[number].byteCount, id: id,
        flags: list[number].flags | next | available(at: position + number))
    }
    position += list.count
  }

  /// Makes a request available in two descriptors.
  func post(_ request: [UInt32], id: UInt16 = 0, room: UInt32 = 2000) {
    let buffer = buffer()
    fill(buffer.request, request)
    post(
      [(buffer.request, UInt32(4 * request.count), 0), (buffer.response, room, Flags.write)],
      id: id)
  }

  func ring() { driver.ring(index) }

  // MARK: From the device

  /// Whether the device has given something back.
  var hasUsed: Bool {
    let flags = rings.loadAcquiring16(uncheckedAt: 16 * (usedPosition % Int(size)) + 14)
    let isFirstLap = usedPosition / Int(size) % 2 == 0
    return (flags & Flags.available != 0) == isFirstLap && (flags & Flags.used != 0) == isFirstLap
  }

  /// Takes a buffer of so many slots that the device has given back; nil if it does not.
  func takeUsed(slotCount: Int = 2) -> (id: UInt16, byteCount: UInt32)? {
    guard driver.wait({ self.hasUsed }) else { return nil }
    rings.fullBarrier()
    let place = 16 * (usedPosition % Int(size))
    usedPosition += slotCount
    return (rings.load16(uncheckedAt: place + 12), rings.load32(uncheckedAt: place + 8))
  }

  /// Does a command, and writes the answer down.
  func ask(_ name: String, _ request: [UInt32], id: UInt16 = 0) {
    post(request, id: id)
    ring()
    noteAnswer(name)
  }

  /// Writes down what the answer to the latest request is.
  func noteAnswer(_ name: String, slotCount: Int = 2) {
    guard let used = takeUsed(slotCount: slotCount) else {
      driver.note("\(name) answered", false)
      return
    }
    driver.note(name, UInt64(response(0..<1)[0]))
    driver.note("\(name) id", UInt64(used.id))
  }
}
