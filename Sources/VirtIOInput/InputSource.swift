public import VirtIO

/// A virtio-input in service: keyboard, mouse or tablet. One context at a time may call it; only opening
/// allocates. A source that is dropped, not closed, keeps its memory for ever.
///
/// It is recovered by closing it and opening it again: nothing is lost but the events of meanwhile.
///
/// - Spec: VirtIO 1.4 §5.8 "Input Device"
public struct InputSource<P: Platform, T: Transport & ~Copyable>: ~Copyable {
  private let platform: P
  var device: LiveDevice<T>
  private var events: Virtqueue<P.Region, T.Bell, 64>
  private var status: Virtqueue<P.Region, T.Bell, 4>
  /// What the device fills; behind that what it is told; and the latch of interrupts.
  private var buffer: DMABuffer<P.Region>
  /// How many buffers were put in the queue of events again, and not shown to the device yet.
  private var heldCount = 0
  /// The chains that the device may be told something with, and how many of them are there to be used.
  private var idle: FixedArray<4, Chain?>
  private var idleCount = 0

  /// The device type of an input device.
  public static var deviceType: UInt16 { 18 }

  private static var eventLimit: Int { 64 }
  private static var statusLimit: Int { 4 }
  /// How far apart events are: none is on a line with another.
  private static var stride: Int { max(EventLayout.byteCount, P.Region.lineByteCount) }
  private static var statusOffset: Int { stride &* eventLimit }
  private static var latchOffset: Int { statusOffset &+ stride &* statusLimit }

  /// Takes the device into service, and gives it all the buffers that it has room for. Blocks until it was
  /// reset.
  ///
  /// - Throws: ``InputError``; the device is then marked FAILED or reset, and all memory given back that it
  ///   cannot use any more.
  public static func open<W: Waiter>(
    _ transport: consuming T, on platform: P, waiting waiter: W
  ) throws(InputError) -> Self {
    let found = transport.deviceType
    guard found == deviceType else {
      throw .device(.wrongType(expected: deviceType, found: found))
    }
    let buffer: DMABuffer<P.Region>
    do {
      buffer = try DMABuffer(byteCount: latchOffset &+ stride, alignment: 4096, from: platform)
    } catch { throw .device(.outOfMemory(error)) }
    var source: Self
    do throws(DeviceError) {
      var device = try negotiate(transport, on: platform, waiting: waiter)
      let events: Virtqueue<P.Region, T.Bell, 64>
      do {
        events = try device.makeQueue(0, interrupts: true, on: platform)
      } catch {
        _ = try? device.abandon(on: platform, waiting: waiter)
        throw error
      }
      let status: Virtqueue<P.Region, T.Bell, 4>
      do {
        status = try device.makeQueue(1, on: platform)
      } catch {
        let proof = try? device.abandon(on: platform, waiting: waiter)
        events.free(to: platform, ifAny: proof)
        throw error
      }
      source = Self(platform, device.start(), events, status, buffer)
    } catch {
      // The device was never told of it.
      buffer.free(to: platform)
      throw .device(error)
    }
    do throws(QueueError) {
      try source.prepare()
    } catch {
      // Every queue has room for as many chains as it has entries, so this is not the way that it goes.
      try source.close(waiting: waiter)
      throw .queue(error)
    }
    return source
  }

  /// Agrees with the device, which has to have room for what is chosen and how much there is to be read.
  ///
  /// With an event index the device would be asked to interrupt at the end of a batch of buffers: nobody
  /// would hear of the first key before the last of them is used.
  private static func negotiate<W: Waiter>(
    _ transport: consuming T, on platform: P, waiting waiter: W
  ) throws(DeviceError) -> NegotiatedDevice<T> {
    let device = try AcknowledgedDevice(resetting: transport, on: platform, waiting: waiter)
      .negotiate(requiring: [], declining: .eventIndex) { _ in [] }
    let byteCount = device.configurationByteCount
    guard byteCount >= DescriptionLayout.unionOffset else {
      _ = try? device.abandon(on: platform, waiting: waiter)
      throw .configurationTooSmall(byteCount: byteCount, needed: DescriptionLayout.unionOffset)
    }
    return device
  }

  private init(
    _ platform: P, _ device: consuming LiveDevice<T>,
    _ events: consuming Virtqueue<P.Region, T.Bell, 64>,
    _ status: consuming Virtqueue<P.Region, T.Bell, 4>, _ buffer: consuming DMABuffer<P.Region>
  ) {
    self.platform = platform
    self.device = device
    self.events = events
    self.status = status
    self.buffer = buffer
    idle = FixedArray(repeating: nil)
  }

  /// Lays out all chains, and shows the device those that it is to fill.
  private mutating func prepare() throws(QueueError) {
    events.suppressInterrupts(true)
    status.suppressInterrupts(true)
    for index in 0..<events.size {
      try events.enqueue(events.makeChain(writable: segment(at: Self.stride &* index)))
    }
    events.publish()
    for index in 0..<status.size {
      let place = segment(at: Self.statusOffset &+ Self.stride &* index)
      idle[index] = try status.makeChain(readable: place, writable: nil)
      idleCount &+= 1
    }
  }

  private func segment(at offset: Int) -> Segment {
    Segment(
      address: buffer.deviceAddress.advanced(by: offset),
      byteCount: UInt32(truncatingIfNeeded: EventLayout.byteCount))
  }

  // MARK: Events

  /// The next event; nil if there is none yet. Does not block.
  ///
  /// Its buffer is put back at once; the device is shown those of a batch together, when nothing is left to
  /// take or half of them are waiting for that. What is no event, by its length, is left out: no more than 64 of
  /// these at a time, so that a call always ends.
  ///
  /// - Throws: ``InputError/queue(_:)`` once the device has broken the rules, from then on always.
  public mutating func nextEvent() throws(InputError) -> InputEvent? {
    do throws(QueueError) {
      for _ in 0..<Self.eventLimit {
        guard let completion = try events.nextCompletion() else { break }
        let event = event(of: completion)
        try putBack(completion.chain)
        if let event { return event }
      }
      publish()
    } catch {
      throw .queue(error)
    }
    return nil
  }

  /// What the device has written; nil if that is not an event.
  private func event(of completion: Completion) -> InputEvent? {
    guard Int(completion.writtenByteCount) == EventLayout.byteCount else { return nil }
    let offset = Self.stride &* completion.chain.id
    buffer.prepareForCPUReads(at: offset, byteCount: Self.stride)
    return buffer.bytes.wire(EventLayout.self, at: offset)?.event
  }

  private mutating func putBack(_ chain: Chain) throws(QueueError) {
    buffer.prepareForDeviceWrites(at: Self.stride &* chain.id, byteCount: Self.stride)
    try events.enqueue(chain)
    heldCount &+= 1
    if heldCount >= events.size >> 1 { publish() }
  }

  private mutating func publish() {
    events.publish()
    heldCount = 0
  }

  // MARK: Lights

  /// Tells the device to switch a light on or off. Does not block.
  ///
  /// - Throws: ``InputError/busy`` if it has not taken what it was told the last four times, or fewer if its
  ///   queue is shorter; ``InputError/queue(_:)``.
  public mutating func setLED(_ led: LED, _ isOn: Bool) throws(InputError) {
    try takeBack()
    guard idleCount > 0, let chain = idle[idleCount &- 1] else { throw .busy }
    let offset = Self.statusOffset &+ Self.stride &* chain.id
    let event = InputEvent(type: .led, code: led.rawValue, value: isOn ? 1 : 0)
    var memory = buffer.mutableBytes
    memory.store(EventLayout(event), at: offset)
    buffer.prepareForDeviceReads(at: offset, byteCount: Self.stride)
    do { try status.enqueue(chain) } catch { throw .queue(error) }
    idleCount &-= 1
    status.publish()
  }

  /// Takes back what the device has been told.
  private mutating func takeBack() throws(InputError) {
    do throws(QueueError) {
      for _ in idleCount..<max(idleCount, status.size) {
        guard let completion = try status.nextCompletion() else { return }
        idle[idleCount] = completion.chain
        idleCount &+= 1
      }
    } catch {
      throw .queue(error)
    }
  }

  // MARK: Interrupts

  /// What a kernel calls when the device interrupts, from any context, until the source is closed.
  public var interruptHandler: InterruptHandler<T.Interrupts> {
    InterruptHandler(
      latch: buffer.interruptLatch(at: Self.latchOffset), source: device.interrupts)
  }

  /// Has the device interrupt when there are events, or be silent again. Events that have come before are to be
  /// taken after this: nobody is interrupted for them.
  public mutating func enableInterrupts(_ enabled: Bool = true) {
    events.suppressInterrupts(!enabled)
  }

  // MARK: Taking down

  /// Whether the device says that only a reset can help it, or has left service by itself: then it is to be
  /// closed and opened again. One register read.
  public func needsReset() -> Bool { device.needsReset() }

  /// Takes the device out of service, and gives its memory back once it was reset. Blocks for that.
  ///
  /// - Throws: ``InputError/device(_:)``: the device may still use the memory, which stays where it is.
  public consuming func close<W: Waiter>(waiting waiter: W) throws(InputError) {
    let proof: ResetProof
    do { proof = try device.reset(on: platform, waiting: waiter) } catch { throw .device(error) }
    events.free(to: platform, after: proof)
    status.free(to: platform, after: proof)
    buffer.free(to: platform)
  }
}
