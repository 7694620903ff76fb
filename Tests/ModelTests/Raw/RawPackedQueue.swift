import Testing
import VirtIO
import VirtIOTesting

/// A packed queue in the hands of a ``RawDriver``. Positions count slots without wrapping.
final class RawPackedQueue {
  /// A buffer of a list, with its flags: 2 for what the device writes, 4 for a table.
  struct Element {
    var address: UInt64
    var byteCount: UInt32
    var flags: UInt16 = 0
  }

  let driver: RawDriver
  let index: UInt16
  let size: UInt16
  let ring: ModelRegion
  let driverEvent: ModelRegion
  let deviceEvent: ModelRegion
  /// Where requests are, and 2048 bytes behind each its response.
  let buffers: ModelRegion
  /// The position that is filled next.
  var next = 0
  /// The position that is used next.
  var usedPosition = 0
  /// Where ``next`` was when the device was told of it.
  private var announced = 0
  /// How many slots each id takes.
  var slotCounts: [UInt16: Int] = [:]
  /// The ids that are in flight, in order.
  private var order: [UInt16] = []
  private(set) var nextBuffer = 0

  init(_ driver: RawDriver, index: UInt16, size: UInt16) throws {
    self.driver = driver
    self.index = index
    self.size = size
    ring = try driver.allocate(16 * Int(size))
    driverEvent = try driver.allocate(4)
    deviceEvent = try driver.allocate(4)
    buffers = try driver.allocate(16 * 4096)
  }

  func slot(_ position: Int) -> Int { position % Int(size) }
  func wrap(_ position: Int) -> Bool { position / Int(size) % 2 == 0 }
  /// The flags of an available descriptor there.
  func available(_ position: Int) -> UInt16 { wrap(position) ? 0x80 : 0x8000 }
  /// How the position is named in an event area or a notification.
  func word(_ position: Int) -> UInt16 { UInt16(slot(position)) | (wrap(position) ? 0x8000 : 0) }

  // MARK: To the device

  /// Writes a descriptor, all but its flags.
  func descriptor(_ position: Int, _ element: Element, id: UInt16) {
    let offset = 16 * slot(position)
    ring.store64(element.address, uncheckedAt: offset)
    ring.store32(element.byteCount, uncheckedAt: offset + 8)
    ring.store16(id, uncheckedAt: offset + 12)
  }

  /// Writes the flags of a descriptor.
  func flags(_ position: Int, _ flags: UInt16) {
    ring.store16(flags, uncheckedAt: 16 * slot(position) + 14)
  }

  /// The flags of the first descriptor of a list, as ``show(_:)`` stores them.
  struct Head {
    let position: Int
    let flags: UInt16
  }

  /// Lays a list out in the next slots, all but the flags of its head.
  func layOut(_ elements: [Element], id: UInt16 = 0) -> Head {
    let head = next
    for (offset, element) in elements.enumerated() {
      let flags = element.flags | (offset + 1 < elements.count ? 1 : 0) | available(next)
      descriptor(next, element, id: id)
      if offset > 0 { self.flags(next, flags) }
      next += 1
    }
    slotCounts[id] = elements.count
    order.append(id)
    return Head(
      position: head,
      flags: elements[0].flags | (elements.count > 1 ? 1 : 0) | available(head))
  }

  /// Makes a list available.
  func show(_ head: Head) {
    ring.fullBarrier()
    ring.storeReleasing16(head.flags, uncheckedAt: 16 * slot(head.position) + 14)
  }

  /// Notifies if the device asks for it.
  func announce() {
    ring.fullBarrier()
    let word = deviceEvent.load32(uncheckedAt: 0)
    defer { announced = next }
    switch word >> 16 {
    case 0: notify()
    case 2:
      let offset = Int(word & 0x7fff)
      let isOfThisLap = (word & 0x8000 != 0) == wrap(next)
      let event = (next / Int(size) - (isOfThisLap ? 0 : 1)) * Int(size) + offset
      if event >= announced, event < next { notify() }
    default: break
    }
  }

  func notify() {
    driver.access.write16(RawDriver.notification + UInt(index) * 4, index)
    announced = next
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

  /// A request and room for its response, as two elements.
  func elements(_ request: [UInt8], responseByteCount: UInt32 = 2048) -> [Element] {
    let buffer = buffer()
    fill(buffer.request, request)
    return [
      Element(address: buffer.request, byteCount: UInt32(request.count)),
      Element(address: buffer.response, byteCount: responseByteCount, flags: 2),
    ]
  }

  /// Puts elements into a table, and answers the element that leads to it.
  func table(_ elements: [Element]) -> Element {
    let address = buffer().request
    fill(
      address,
      elements.flatMap {
        RawCommand.words([
          UInt32(truncatingIfNeeded: $0.address), UInt32(truncatingIfNeeded: $0.address >> 32),
          $0.byteCount, UInt32($0.flags) << 16,
        ])
      })
    return Element(address: address, byteCount: UInt32(16 * elements.count), flags: 4)
  }

  /// Makes a request available.
  func post(_ request: [UInt8], id: UInt16 = 0) { show(layOut(elements(request), id: id)) }

  // MARK: From the device

  @discardableResult func takeUsed() -> (id: UInt16, byteCount: UInt32)? {
    let offset = 16 * slot(usedPosition)
    let flags = ring.loadAcquiring16(uncheckedAt: offset + 14)
    let expected: UInt16 = wrap(usedPosition) ? 0x8080 : 0
    guard flags & 0x8080 == expected, usedPosition < next else { return nil }
    ring.fullBarrier()
    let id = ring.load16(uncheckedAt: offset + 12)
    let byteCount = flags & 2 == 0 ? 0 : ring.load32(uncheckedAt: offset + 8)
    guard let place = order.firstIndex(of: id) else { return (id, byteCount) }
    let done = isInOrder ? order[...place] : [id]
    for id in done { usedPosition += slotCounts[id] ?? 0 }
    order.removeAll { done.contains($0) }
    return (id, byteCount)
  }

  /// Whether the last of several buffers stands for all of them.
  var isInOrder = false

  /// Does a command and answers the type of the response.
  @discardableResult func send(_ request: [UInt8]) -> UInt32 {
    let elements = elements(request)
    show(layOut(elements))
    announce()
    takeUsed()
    return buffers.load32(
      uncheckedAt: Int(elements[1].address - buffers.deviceAddress.rawValue))
  }
}

extension RawDriver {
  /// What a driver of packed queues accepts.
  static let packed = usual | Features.packedRing.rawValue

  /// A machine that offers more than is usual.
  static func offering(
    _ features: Features, _ change: (inout ModelConfiguration) -> Void = { _ in }
  ) -> RawDriver {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= features.rawValue
    change(&configuration)
    return RawDriver(configuration)
  }

  /// Programs a packed queue, all but enabling it.
  func preparePackedQueue(_ index: UInt16 = 0, size: UInt16? = nil) throws -> RawPackedQueue {
    write16(.queueSelect, index)
    let size = size ?? read16(.queueSize)
    write16(.queueSize, size)
    let queue = try RawPackedQueue(self, index: index, size: size)
    write64(.queueDescriptors, queue.ring.deviceAddress.rawValue)
    write64(.queueAvailable, queue.driverEvent.deviceAddress.rawValue)
    write64(.queueUsed, queue.deviceEvent.deviceAddress.rawValue)
    return queue
  }

  func makePackedQueue(_ index: UInt16 = 0, size: UInt16? = nil) throws -> RawPackedQueue {
    let queue = try preparePackedQueue(index, size: size)
    write16(.queueEnable, 1)
    return queue
  }

  /// All steps, with the control queue.
  func bringUpPacked(_ features: Features = [], size: UInt16 = 8) throws -> RawPackedQueue {
    negotiate(Self.packed | features.rawValue)
    let queue = try makePackedQueue(size: size)
    queue.isInOrder = features.contains(.inOrder)
    start()
    return queue
  }
}
