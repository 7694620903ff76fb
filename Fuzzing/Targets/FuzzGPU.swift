import FuzzInputs
import VirtIO

/// A GPU that answers commands without drawing anything: as it should, but for what an input says of each answer.
final class FuzzGPU {
  let device: FuzzDevice
  private let platform: FuzzPlatform
  private let input: FuzzInput
  /// Which queue lies; the other one is as it should be.
  private let hostileQueue: Int?
  private var queues: [DeviceQueue?] = [nil, nil]
  private var held: [[DeviceQueue.Chain]] = [[], []]
  /// The size of the display.
  private var size: (width: UInt32, height: UInt32) = (8, 4)
  /// Whether the device answers anything at all.
  private var isDead = false

  init(on platform: FuzzPlatform, _ input: FuzzInput, features: Features, hostileQueue: Int?) {
    self.platform = platform
    self.input = input
    self.hostileQueue = hostileQueue
    device = FuzzDevice(offering: features, maximumSizes: [64, 16])
    device.configuration = [0, 0, 1, 2]
    device.onRing = { [unowned self] in work($0) }
    device.onReset = { [unowned self] in forget($0) }
    platform.onLook = { [unowned self] in look() }
  }

  private func forget(_ queue: Int?) {
    for index in 0..<2 where queue == nil || queue == index {
      queues[index] = nil
      held[index] = []
    }
    if queue == nil { isDead = false }
  }

  /// From here on it does what it should.
  func behave() {
    isDead = false
    device.status.remove(.needsReset)
    for queue in 0..<2 {
      while !held[queue].isEmpty { answerHeld(queue) }
      work(queue)
    }
    size = (8, 4)
    device.configuration = [1, 0, 1, 2]
  }

  // MARK: Work

  /// Time passes: what is late comes.
  private func look() {
    guard input.isOver else { return }
    for queue in 0..<2 where !held[queue].isEmpty { answerHeld(queue) }
  }

  private func work(_ index: Int) {
    guard let placement = device.placements[index] else { return }
    if queues[index] == nil { queues[index] = DeviceQueue(placement, in: platform) }
    var remaining = 64
    while remaining > 0, !isDead, let chain = queues[index]?.take() {
      remaining -= 1
      if lies(index), input.byte() > 0x60 { misbehave(chain, index) } else { answer(chain, index) }
    }
  }

  private func lies(_ queue: Int) -> Bool {
    !input.isOver && (hostileQueue == nil || hostileQueue == queue)
  }

  private func answerHeld(_ queue: Int) {
    let chain = held[queue].removeFirst()
    answer(chain, queue)
  }

  private func answer(_ chain: DeviceQueue.Chain, _ queue: Int) {
    send(queue == 0 ? reply(to: chain) : [], chain, queue)
  }

  private func send(
    _ reply: [UInt8], _ chain: DeviceQueue.Chain, _ queue: Int, written: UInt32? = nil
  ) {
    var start = 0
    for segment in chain.segments where segment.isWritable && start < reply.count {
      let part = Array(reply[start...].prefix(Int(segment.byteCount)))
      platform.store(part, segment.address, limit: part.count)
      start += part.count
    }
    queues[queue]?.use(chain, written: written ?? UInt32(min(reply.count, Int(chain.room))))
  }

  // MARK: As it should be

  private func word(_ chain: DeviceQueue.Chain, at offset: UInt64) -> UInt32 {
    guard let request = chain.segments.first, !request.isWritable,
      offset + 4 <= request.byteCount
    else { return 0 }
    return platform.load(request.address &+ offset, as: UInt32.self)
  }

  /// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq"
  private func reply(to chain: DeviceQueue.Chain) -> [UInt8] {
    var words: [UInt32] = [
      0x1100, word(chain, at: 4), word(chain, at: 8), word(chain, at: 12), 0, 0,
    ]
    switch word(chain, at: 0) {
    case 0x0100:
      words[0] = 0x1101
      words += [0, 0, size.width, size.height, 1, 0]
      words += [UInt32](repeating: 0, count: 15 * 6)
    case 0x0108:
      words[0] = 0x1102
      words += [word(chain, at: 24) + 1, 2, 40, 0]
    case 0x0109:
      words[0] = 0x1103
      words += [UInt32](repeating: 0x0605_0403, count: 10)
    case 0x010a:
      words[0] = 0x1104
      words += [128, 0] + [UInt32](repeating: 0, count: 256)
    default: break
    }
    return words.flatMap(Self.bytes)
  }

  private static func bytes(_ word: UInt32) -> [UInt8] {
    [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: word >> $0) }
  }

  // MARK: As it should not be

  private static let types: [UInt32] = [
    0, 0x1100, 0x1101, 0x1102, 0x1103, 0x1104, 0x1105, 0x1200, 0x1201, 0x1202, 0x1203, 0x1204,
    0x1205,
    0x12ff, 0x0100, .max,
  ]

  private func misbehave(_ chain: DeviceQueue.Chain, _ queue: Int) {
    let code = input.byte()
    let detail = Int(code >> 4)
    var reply = queue == 0 ? reply(to: chain) : []
    switch code & 15 {
    case 0: return held[queue].append(chain)
    case 1: reply.set(Self.types[detail], at: 0, 4)
    case 2: reply.set(input.word32(), at: detail & 6 == 6 ? 4 : 8, 4)
    case 3: reply.set(input.word32(), at: 4 * (Int(input.byte()) % max(reply.count / 4, 1)), 4)
    case 4: return send(reply, chain, queue, written: UInt32(input.byte()))
    case 5: return send(reply, chain, queue, written: input.word32())
    case 6: queues[queue]?.use(detail < 8 ? UInt32(detail * 7) : input.word32(), written: 24)
    case 7: queues[queue]?.skip(detail < 8 ? UInt16(detail) : input.word16())
    case 8:
      send(reply, chain, queue)
      return send(reply, chain, queue)
    case 9: while !held[queue].isEmpty { answerHeld(queue) }
    case 10:
      let patch = input.take(detail * 16)
      let start = Int(input.byte()) * 4
      for (index, byte) in patch.enumerated() where start + index < reply.count {
        reply[start + index] = byte
      }
    case 11: breakDown(detail)
    case 12: queues[queue]?.scribble(UInt64(input.word16()), width: 0, at: input.word16())
    case 13: queues[queue]?.scribble(input.word64(), width: detail, at: input.word16())
    case 14: return reply = []
    default: change(detail)
    }
    send(reply, chain, queue)
  }

  private func breakDown(_ detail: Int) {
    switch detail & 3 {
    case 0: device.status.insert(.needsReset)
    case 1: device.status = DeviceStatus(rawValue: input.byte())
    case 2: isDead = true
    default: device.generation &+= 1
    }
  }

  /// The display, or what the device says of itself, changes.
  private func change(_ detail: Int) {
    switch detail & 3 {
    case 0: size = (UInt32(input.byte()), UInt32(input.byte() & 31))
    case 1: size = (input.word32(), input.word32())
    case 2: device.configuration[2] = detail < 8 ? UInt32(detail) : input.word32()
    default: device.configuration[3] = input.word32()
    }
    device.configuration[0] |= 1
  }
}
