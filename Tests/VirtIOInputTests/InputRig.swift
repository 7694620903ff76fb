import VirtIO
import VirtIOInput
import VirtIOTestDoubles

/// A source on a device that a test plays.
final class InputRig {
  typealias Source = InputSource<TestPlatform, FakeTransport>

  let platform = TestPlatform()
  let transport: FakeTransport
  let patience = PollingWaiter(timeout: .milliseconds(1))

  /// What the device says of itself, by what is chosen: a size and the bytes.
  var descriptions: [UInt16: (size: UInt8, bytes: [UInt8])] = [:]

  init(events: UInt16 = 8, status: UInt16 = 8) {
    transport = FakeTransport(on: platform)
    transport.deviceType = 18
    transport.maximumSizes = [0: events, 1: status]
    transport.configuration = [UInt32](repeating: 0, count: 34)
    transport.onSelection = { [unowned self] in select() }
  }

  func open() throws(InputError) -> Source {
    try Source.open(transport, on: platform, waiting: patience)
  }

  func failureOfOpening() -> InputError? {
    do throws(InputError) {
      let source = try open()
      try source.close(waiting: patience)
      return nil
    } catch {
      return error
    }
  }

  /// Shows what was chosen.
  private func select() {
    let chosen = UInt16(truncatingIfNeeded: transport.configuration[0])
    let found = descriptions[chosen] ?? (0, [])
    transport.configuration[0] = UInt32(chosen) | UInt32(found.size) << 16
    for index in 2..<transport.configuration.count {
      transport.configuration[index] = (0..<4).reduce(0) { word, byte in
        let place = 4 * (index - 2) + byte
        let value = place < found.bytes.count ? found.bytes[place] : 0
        return word | UInt32(value) << (8 * UInt32(byte))
      }
    }
  }

  /// Has the device report an event as so many bytes, of which it claims so many.
  ///
  /// - Returns: Whether it had a buffer for it.
  @discardableResult
  func report(_ bytes: [UInt8], claiming claim: UInt32? = nil) -> Bool {
    let written = claim ?? UInt32(bytes.count)
    let ring = transport.rings[0]
    let packed = transport.packedRings[0]
    let chain = ring?.nextChain()
    let packedChain = packed?.nextChain()
    guard let segment = (chain?.segments ?? packedChain?.segments ?? []).first,
      let view = platform.memory.view(
        at: segment.address, byteCount: Int(segment.byteCount))
    else { return false }
    for (offset, byte) in bytes.prefix(view.byteCount).enumerated() { view.store(byte, at: offset) }
    if let chain { ring?.use(UInt32(chain.head), written: written) }
    if let packedChain { packed?.use(packedChain, written: written) }
    return true
  }

  /// Has the device report a key that went down.
  @discardableResult
  func report(_ key: UInt8) -> Bool { report([1, 0, key, 0, 1, 0, 0, 0]) }

  /// All events that have come.
  func drain(_ source: inout Source) throws(InputError) -> [UInt16] {
    var codes: [UInt16] = []
    while let event = try source.nextEvent() { codes.append(event.code) }
    return codes
  }
}
