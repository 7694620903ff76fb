import VirtIO
import VirtIOTestDoubles

/// A GPU that answers commands without drawing anything. It does what it is asked unless told
/// otherwise, and keeps all that it was asked.
final class FakeGPU {
  struct Output {
    var isEnabled = true
    var x: UInt32 = 0
    var y: UInt32 = 0
    var width: UInt32 = 64
    var height: UInt32 = 48
  }

  let transport: FakeTransport
  private let memory: DeviceMemory

  /// What is connected; further outputs are not.
  var outputs = [Output()]
  var edid: [UInt8] = Array(repeating: 0, count: 1024)
  /// How long the device says that the EDID is.
  var edidByteCount: UInt32 = 256
  /// Changes an answer before it is sent, or suppresses it by making it nil.
  var amend: (GPURequest, inout GPUReply?) -> Void = { _, _ in }
  /// Whether commands are kept unanswered until ``answerHeld()``.
  var isHolding = false

  private(set) var requests: [GPURequest] = []
  private var held: [(chain: DeviceRing.Chain, request: GPURequest)] = []

  init(on platform: TestPlatform) {
    memory = platform.memory
    transport = FakeTransport(on: platform)
    transport.offered = [.version1, Features(rawValue: 1 << 1)]
    transport.configuration = [0, 0, 1, 0]
    transport.onRing = { [unowned self] in hear($0) }
  }

  func clear() {
    requests.removeAll()
    transport.journal.clear()
  }

  /// The types of all commands since the last ``clear()``.
  var types: [UInt32] { requests.map(\.type) }

  private func hear(_ queue: UInt16) {
    guard let ring = transport.rings[queue] else { return }
    while let chain = ring.nextChain() {
      var bytes: [UInt8] = []
      var room = 0
      for segment in chain.segments {
        if segment.isWritable {
          room += Int(segment.byteCount)
        } else {
          bytes += ring.view(of: segment)?.bytes ?? []
        }
      }
      let request = GPURequest(queue: queue, bytes: bytes, room: room)
      requests.append(request)
      if isHolding {
        held.append((chain, request))
      } else {
        answer(request, chain, on: ring)
      }
    }
  }

  /// Answers what was held back, in the order in which it came or from the last on, and at most so many.
  func answerHeld(reversed: Bool = false, count: Int = .max) {
    let ordered = reversed ? held.reversed() : held
    let waiting = ordered.prefix(count)
    held = Array(ordered.dropFirst(count))
    for (chain, request) in waiting {
      if let ring = transport.rings[request.queue] { answer(request, chain, on: ring) }
    }
  }

  private func answer(_ request: GPURequest, _ chain: DeviceRing.Chain, on ring: DeviceRing) {
    guard request.queue == 0 else {
      var none: GPUReply? = GPUReply(type: 0x1100)
      amend(request, &none)
      if none != nil { ring.use(chain) }
      return
    }
    var reply: GPUReply? = standardReply(to: request)
    amend(request, &reply)
    guard let reply else {
      held.append((chain, request))
      return
    }
    if let target = chain.segments.last(where: \.isWritable), let view = ring.view(of: target) {
      for (offset, byte) in reply.bytes.prefix(view.byteCount).enumerated() {
        view.store(byte, at: offset)
      }
    }
    ring.use(chain, written: reply.claimedByteCount ?? UInt32(reply.bytes.count))
  }

  private func standardReply(to request: GPURequest) -> GPUReply {
    var reply = GPUReply(type: 0x1100, fence: request.fence)
    switch request.type {
    case 0x0100:
      reply.type = 0x1101
      for index in 0..<16 {
        let output = index < outputs.count ? outputs[index] : nil
        let words = [
          output?.x ?? 0, output?.y ?? 0, output?.width ?? 0, output?.height ?? 0,
          output?.isEnabled == true ? 1 : 0, 0,
        ]
        reply.body += words.flatMap { GPUReply.bytes($0) }
      }
    case 0x010a:
      reply.type = 0x1104
      reply.body = GPUReply.bytes(edidByteCount) + [0, 0, 0, 0] + edid
    default: break
    }
    return reply
  }
}
