import FuzzInputs
import VirtIO

/// A queue whose device writes to its ring what an input says; beside it, what the driver knows by itself.
struct RingCase: ~Copyable {
  private typealias Queue = Virtqueue<CoherentRegion, FuzzBell, 16>

  private let input: FuzzInput
  private let platform = FuzzPlatform()
  private let device: FuzzDevice
  private var ring: DeviceQueue?
  /// What the device has.
  private var held: [DeviceQueue.Chain] = []
  /// The driver's chains, and which of them are with the device, as far as it was told.
  private var chains: [Chain] = []
  private var writable: [UInt32] = []
  private var isInFlight: [Bool] = []
  private var isPublished: [Bool] = []
  /// Whether the device has done anything that it must not.
  private var isHostile = false
  private var fault: QueueError?

  init(_ bytes: Span<UInt8>, isPacked: Bool) {
    input = FuzzInput(bytes)
    let choice = input.byte()
    var features: Features = [.ringReset]
    if isPacked { features.insert(.packedRing) }
    if choice & 1 != 0 { features.insert(.eventIndex) }
    if choice & 2 != 0 { features.insert(.inOrder) }
    if choice & 4 != 0 { features.insert(.indirectDescriptors) }
    if choice & 8 != 0 { features.insert(.orderPlatform) }
    let sizes: [UInt16] = [16, 1, 2, 3, 4, 7, 8, 32]
    device = FuzzDevice(offering: features, maximumSizes: [sizes[Int(choice >> 4) & 7]])
  }

  consuming func run() throws(Finding) {
    var negotiated = try negotiate()
    var queue = try makeQueue(&negotiated)
    var live = negotiated.start()
    try layOut(&queue)
    try enter()
    while !input.isOver { try step(&queue, &live) }
    try restart(&queue, &live)
    for _ in 0..<3 { try passAll(&queue) }
    do throws(DeviceError) {
      let proof = try live.reset(on: platform, waiting: .polling(.microseconds(10)))
      queue.free(to: platform, after: proof)
    } catch {
      throw Finding("a good device is not reset: \(error)")
    }
    try check(platform.liveCount == 0, "\(platform.liveCount) blocks are lost")
  }

  // MARK: Setting up

  private func negotiate() throws(Finding) -> NegotiatedDevice<FuzzDevice> {
    do throws(DeviceError) {
      return try AcknowledgedDevice(
        resetting: device, on: platform, waiting: .polling(.microseconds(10))
      ).negotiate(requiring: []) { _ in [] }
    } catch {
      throw Finding("queue: a good device is refused: \(error)")
    }
  }

  private func makeQueue(_ negotiated: inout NegotiatedDevice<FuzzDevice>) throws(Finding) -> Queue
  {
    do throws(DeviceError) {
      return try negotiated.makeQueue(0, on: platform)
    } catch {
      throw Finding("queue: there is none: \(error)")
    }
  }

  /// Makes as many chains as there are entries for, of several kinds.
  private mutating func layOut(_ queue: inout Queue) throws(Finding) {
    for number in 0..<8 as Range<UInt64> {
      let readable = Segment(
        address: DeviceAddress(rawValue: 0x7000_0000 + number * 0x1000), byteCount: 64)
      let answer = Segment(
        address: DeviceAddress(rawValue: 0x7800_0000 + number * 0x1000),
        byteCount: UInt32(24 + number))
      do throws(QueueError) {
        let kind = number % 3
        chains.append(
          try kind == 0
            ? queue.makeChain(writable: answer)
            : queue.makeChain(readable: readable, writable: kind == 1 ? answer : nil))
        writable.append(kind == 2 ? 0 : answer.byteCount)
      } catch {
        try check(error == .full, "a chain is refused: \(error)")
        break
      }
    }
    try check(!chains.isEmpty, "there is no room for any chain")
    isInFlight = [Bool](repeating: false, count: chains.count)
    isPublished = isInFlight
  }

  /// The device takes note of the queue.
  private mutating func enter() throws(Finding) {
    guard let placement = device.placements[0] else { throw Finding("the queue is not enabled") }
    ring = DeviceQueue(placement, in: platform)
    held = []
    for index in isInFlight.indices {
      isInFlight[index] = false
      isPublished[index] = false
    }
    fault = nil
    isHostile = false
  }

  // MARK: What an input says

  private mutating func step(_ queue: inout Queue, _ live: inout LiveDevice<FuzzDevice>)
    throws(Finding)
  {
    let code = input.byte()
    switch code & 15 {
    case 0, 1: try enqueue(Int(code >> 4) % chains.count, &queue)
    case 2: publish(&queue)
    case 3: try drain(&queue, limit: Int(code >> 4) + 1)
    case 4: queue.suppressInterrupts(code >> 4 & 1 != 0)
    case 5: queue.remind()
    case 6: if code >> 4 == 0 { try restart(&queue, &live) }
    case 7: takeAll()
    case 8, 9: giveBack(Int(code >> 4))
    default: misbehave(code)
    }
  }

  private mutating func misbehave(_ code: UInt8) {
    isHostile = true
    switch code & 15 {
    case 10: ring?.use(UInt32(code >> 4), written: UInt32(input.byte()))
    case 11: ring?.use(input.word32(), written: input.word32(), entryCount: Int(code >> 4))
    case 12: ring?.skip(UInt16(code >> 4) + 1)
    case 13: ring?.skip(input.word16())
    case 14: ring?.scribble(UInt64(input.word16()), width: 0, at: input.word16())
    default: ring?.scribble(input.word64(), width: Int(code >> 4), at: input.word16())
    }
  }

  private mutating func takeAll() {
    while held.count < 64, let chain = ring?.take() { held.append(chain) }
  }

  /// Gives back one of those that the device has: the first, where order was agreed on.
  private mutating func giveBack(_ index: Int) {
    guard !held.isEmpty else { return }
    let isInOrder = device.offered.contains(.inOrder)
    let chain = held.remove(at: isInOrder ? 0 : index % held.count)
    ring?.use(chain, written: index & 1 == 0 ? chain.room : UInt32(index))
  }

  // MARK: What the driver does

  private mutating func enqueue(_ index: Int, _ queue: inout Queue) throws(Finding) {
    do throws(QueueError) {
      if index % 3 != 0, input.byte() & 1 != 0 {
        try queue.enqueue(chains[index], readableByteCount: 32)
      } else {
        try queue.enqueue(chains[index])
      }
    } catch {
      if let fault { return try check(error == fault, "\(fault) is \(error) now") }
      return try check(error == .inFlight && isInFlight[index], "it is not enqueued: \(error)")
    }
    try check(fault == nil && !isInFlight[index], "it is enqueued twice, or on a broken queue")
    isInFlight[index] = true
  }

  private mutating func publish(_ queue: inout Queue) {
    queue.publish()
    if fault == nil { isPublished = isInFlight }
  }

  /// Takes back what comes; nothing comes twice, or that was not sent.
  private mutating func drain(_ queue: inout Queue, limit: Int) throws(Finding) {
    var count = 0
    do throws(QueueError) {
      while count < limit, let completion = try queue.nextCompletion() {
        count += 1
        try note(completion)
      }
    } catch {
      if let fault { return try check(error == fault, "\(fault) is \(error) now") }
      try check(isHostile, "a good device is said to be broken: \(error)")
      guard case .broken = error else { throw Finding("a queue ends in \(error)") }
      fault = error
      try check(queue.isBroken, "it is broken and does not say so")
      return
    }
    try check(count <= chains.count, "\(count) chains come back of \(chains.count)")
    let outstanding = isInFlight.count { $0 }
    try check(queue.outstandingCount == outstanding, "the queue has lost count")
  }

  private mutating func note(_ completion: Completion) throws(QueueError) {
    let id = completion.chain.id
    // It ends here: what is wrong with it is no error of the queue's.
    guard id < chains.count, isPublished[id] else {
      fatalError("finding: chain \(id) comes back that the device does not have")
    }
    guard completion.writtenByteCount <= writable[id] else {
      fatalError("finding: chain \(id) has \(completion.writtenByteCount) bytes")
    }
    isInFlight[id] = false
    isPublished[id] = false
  }

  private mutating func restart(_ queue: inout Queue, _ live: inout LiveDevice<FuzzDevice>)
    throws(Finding)
  {
    do throws(DeviceError) {
      let proof = try live.reset(&queue, on: platform, waiting: .polling(.microseconds(10)))
      try live.enable(&queue, after: proof)
    } catch {
      throw Finding("a queue is not reset: \(error)")
    }
    try enter()
  }

  // MARK: As it should be

  /// Sends all chains there and back.
  private mutating func passAll(_ queue: inout Queue) throws(Finding) {
    queue.suppressInterrupts(false)
    for index in chains.indices { try enqueue(index, &queue) }
    let ringCount = device.ringCount
    publish(&queue)
    try check(device.ringCount == ringCount + 1, "the device is not told")
    takeAll()
    try check(held.count == chains.count, "the device sees \(held.count) of \(chains.count)")
    for (index, chain) in held.enumerated() {
      let readable = chain.segments.filter { !$0.isWritable }
      try check(
        readable.count == (index % 3 == 0 ? 0 : 1) && chain.room == writable[index]
          && chain.segments.count == (index % 3 == 1 ? 2 : 1)
          && readable.allSatisfy { $0.address == 0x7000_0000 + UInt64(index) * 0x1000 },
        "chain \(index) looks otherwise to the device: \(chain)")
    }
    while !held.isEmpty { giveBack(0) }
    try drain(&queue, limit: 64)
    try check(fault == nil && !isInFlight.contains(true), "chains do not come back")
  }

  private func check(_ condition: Bool, _ description: @autoclosure () -> String) throws(Finding) {
    if !condition { throw Finding("queue: " + description()) }
  }
}
