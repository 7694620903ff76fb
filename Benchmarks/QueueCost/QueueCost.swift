import VirtIO

/// Submits chains to a queue and takes them back, for a tool that counts instructions in the two
/// functions whose names start with `measure`.
///
/// Called with `split` or `packed` and two numbers: how many chains are outstanding, and how many rounds
/// to make. Called with nothing, says how many can be outstanding at most.
@main
struct QueueCost {
  typealias Queue = Virtqueue<CoherentRegion, SilentDoorbell, 256>

  static func main() throws {
    let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else {
      print("\(limit)")
      return
    }
    let platform = HostPlatform()
    let device = EchoDevice(isPacked: CommandLine.arguments.contains("packed"))
    var negotiated = try AcknowledgedDevice(
      resetting: EchoTransport(device), on: platform, waiting: .polling(.seconds(1))
    ).negotiate(requiring: []) { _ in [] }
    var queue: Queue = try negotiated.makeQueue(0, on: platform)
    let live = negotiated.start()
    var chains: [Chain] = []
    for _ in 0..<min(numbers[0], limit) {
      let segment = Segment(address: DeviceAddress(rawValue: 0x1000), byteCount: 64)
      chains.append(try queue.makeChain(readable: segment, writable: segment))
    }
    // All but one stay with the device, which gives back the oldest.
    for chain in chains.dropLast() {
      try measureSubmit(&queue, chain)
    }
    var free = chains.last
    for _ in 0..<numbers[1] {
      guard let chain = free else { break }
      try measureSubmit(&queue, chain)
      device.useOldest()
      free = try measureComplete(&queue)?.chain
    }
    withExtendedLifetime(live) {}
  }

  /// Two descriptors a chain.
  private static var limit: Int { 128 }

  @inline(never)
  private static func measureSubmit(_ queue: inout Queue, _ chain: Chain) throws(QueueError) {
    try queue.enqueue(chain, readableByteCount: 64)
    queue.publish()
  }

  @inline(never)
  private static func measureComplete(_ queue: inout Queue) throws(QueueError) -> Completion? {
    try queue.nextCompletion()
  }
}
