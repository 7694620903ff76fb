/// Whoever corrupts what a running driver shares with its device, from outside of the guest.
struct Torturer: Sendable {
  let device: TortureDevice
  let memory: QTestClient
  /// How often the doorbell was rung from here.
  private(set) var doorbellCount = 0

  init(_ device: TortureDevice, _ memory: QTestClient) {
    self.device = device
    self.memory = memory
  }

  /// Does it.
  mutating func apply(_ corruption: Corruption) async throws {
    switch corruption {
    case .usedElement(let queue, let place, let id, let length):
      let queue = device.queues[queue]
      try await memory.write(
        queue.used + 4 + 8 * queue.slot(place), id.littleEndianBytes + length.littleEndianBytes)
    case .usedIndex(let queue, let step):
      try await move(device.queues[queue].used + 2, by: step)
    case .usedFlags(let queue, let flags):
      try await memory.write16(device.queues[queue].used, flags)
    case .availableEvent(let queue, let event):
      let queue = device.queues[queue]
      try await memory.write16(queue.used + 4 + 8 * UInt64(queue.size), event)
    case .completion(let queue, let id, let length):
      try await complete(device.queues[queue], id, length)
    case .reply(let number, let offset, let words):
      try await writeReply(number, Int(offset), words)
    case .answer(let number, let type):
      try await writeReply(number, 0, [type])
    case .availableEntry(let queue, let place, let head):
      let queue = device.queues[queue]
      try await memory.write16(queue.available + 4 + 2 * queue.slot(place), head % queue.size)
    case .availableIndex(let queue, let step):
      try await move(device.queues[queue].available + 2, by: step)
    case .malformedChain:
      try await makeMalformedChainAvailable()
    case .truncatedRequest(let number):
      guard let place = request(number) else { return }
      try await memory.write32(place + 8, 8)
    case .next(let number, let next):
      guard let place = request(number) else { return }
      try await memory.write16(place + 14, next)
    case .status(let status):
      try await memory.write(device.status, [status])
    }
  }

  private func move(_ index: UInt64, by step: UInt16) async throws {
    let value = try await memory.read16(index)
    try await memory.write16(index, value &+ step)
  }

  private func complete(_ queue: TortureQueue, _ id: UInt16, _ length: UInt32) async throws {
    let index = try await memory.read16(queue.used + 2)
    let element = UInt32(id % queue.size).littleEndianBytes + length.littleEndianBytes
    try await memory.write(queue.used + 4 + 8 * queue.slot(index), element)
    try await memory.write16(queue.used + 2, index &+ 1)
  }

  private func writeReply(_ number: UInt16, _ offset: Int, _ words: [UInt32]) async throws {
    let replies = device.queues[0].replies
    guard !replies.isEmpty else { return }
    let reply = replies[Int(number) % replies.count]
    let start = offset % max(1, reply.byteCount) & ~3
    let bytes = words.flatMap(\.littleEndianBytes).prefix(reply.byteCount - start)
    if !bytes.isEmpty { try await memory.write(reply.address + UInt64(start), Array(bytes)) }
  }

  /// The descriptor of a request.
  private func request(_ number: UInt16) -> UInt64? {
    let queue = device.queues[0]
    guard !queue.requests.isEmpty else { return nil }
    return queue.table + 16 * UInt64(queue.requests[Int(number) % queue.requests.count])
  }

  private mutating func makeMalformedChainAvailable() async throws {
    let queue = device.queues[0]
    let index = try await memory.read16(queue.available + 2)
    try await memory.write16(queue.available + 4 + 2 * queue.slot(index), queue.size)
    try await memory.write16(queue.available + 2, index &+ 1)
    try await memory.write16(device.notification, 0)
    doorbellCount += 1
  }
}

extension UInt32 {
  fileprivate var littleEndianBytes: [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: self >> (8 * $0)) }
  }
}

extension QTestClient {
  /// Reads 16 bits at a physical address of RAM.
  fileprivate func read16(_ address: UInt64) async throws -> UInt16 {
    let bytes = try await read(address, count: 2)
    return UInt16(bytes[0]) | UInt16(bytes[1]) << 8
  }
}
