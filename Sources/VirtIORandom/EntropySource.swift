public import VirtIO

/// A virtio-rng in service: random bytes from the host, asked for 256 at a time. One context at a time
/// may call it; only opening allocates. A source that is dropped, not closed, keeps its memory for ever.
///
/// - Spec: VirtIO 1.4 §5.4 "Entropy Device"
public struct EntropySource<P: Platform, T: Transport & ~Copyable>: ~Copyable {
  private let platform: P
  private var device: LiveDevice<T>
  private var queue: Virtqueue<P.Region, T.Bell, 1>
  /// What the device fills and, behind that, on a line of its own, the latch of interrupts.
  private var buffer: DMABuffer<P.Region>
  private let chain: Chain
  /// Which bytes of the buffer nobody has had yet.
  private var rest = 0..<0

  /// The device type of an entropy device.
  public static var deviceType: UInt16 { 4 }
  private static var byteCount: Int { max(256, P.Region.lineByteCount) }

  /// Takes the device into service. Blocks until it was reset.
  ///
  /// - Throws: ``EntropyError``; the device is then marked FAILED or reset, and all memory given back.
  public static func open<W: Waiter>(
    _ transport: consuming T, on platform: P, waiting waiter: W
  ) throws(EntropyError) -> Self {
    let found = transport.deviceType
    guard found == deviceType else {
      throw .device(.wrongType(expected: deviceType, found: found))
    }
    let buffer: DMABuffer<P.Region>
    do {
      buffer = try DMABuffer(byteCount: 2 &* byteCount, alignment: 4096, from: platform)
    } catch { throw .device(.outOfMemory(error)) }
    do throws(DeviceError) {
      var device = try AcknowledgedDevice(resetting: transport, on: platform, waiting: waiter)
        .negotiate(requiring: []) { _ in [] }
      var queue: Virtqueue<P.Region, T.Bell, 1>
      do {
        queue = try device.makeQueue(0, interrupts: true, on: platform)
      } catch {
        _ = try? device.abandon(on: platform, waiting: waiter)
        throw error
      }
      queue.suppressInterrupts(true)
      let segment = Segment(address: buffer.deviceAddress, byteCount: UInt32(byteCount))
      // Every queue has room for one chain, so this is not the way that it goes.
      guard let chain = try? queue.makeChain(writable: segment) else {
        _ = try? device.abandon(on: platform, waiting: waiter)
        throw DeviceError.queueTooSmall(index: 0, size: 0)
      }
      return Self(
        platform: platform, device: device.start(), queue: queue, buffer: buffer, chain: chain)
    } catch {
      // The device was never told of it.
      buffer.free(to: platform)
      throw .device(error)
    }
  }

  /// Fills `bytes`; blocks, unless enough are left over. What comes too late serves the next call.
  ///
  /// - Parameters:
  ///   - bytes: What is to be overwritten, all of it.
  ///   - waiter: How, and how long at most, to wait for all of them.
  /// - Throws: ``EntropyError``; `bytes` are not to be used then.
  public mutating func fill<W: Waiter>(
    _ bytes: inout MutableSpan<UInt8>, waiting waiter: W
  ) throws(EntropyError) {
    var waiter = waiter
    for index in bytes.indices {
      if rest.isEmpty { rest = 0..<(try receive(waiting: &waiter)) }
      let byte = buffer.bytes.wire(LittleEndian<UInt8>.self, at: rest.lowerBound)
      bytes[index] = byte?.value ?? 0
      // Nobody gets the same byte again, nor finds it here later.
      var memory = buffer.mutableBytes
      memory.store(LittleEndian<UInt8>(0), at: rest.lowerBound)
      rest = rest.lowerBound &+ 1..<rest.upperBound
    }
  }

  /// Has the buffer filled, and says how many bytes have come.
  private mutating func receive<W: Waiter>(waiting waiter: inout W) throws(EntropyError) -> Int {
    repeat {
      let count: UInt32?
      do { count = try poll() } catch { throw .queue(error) }
      if count == 0 { throw .nothing }
      if let count { return Int(count) }
    } while waiter.wait(on: platform)
    throw .timedOut(needsReset: device.needsReset())
  }

  /// Asks for bytes, unless that is under way; says how many have come, no more than there is room for.
  private mutating func poll() throws(QueueError) -> UInt32? {
    if queue.outstandingCount == 0 {
      buffer.prepareForDeviceWrites(at: 0, byteCount: Self.byteCount)
      try queue.enqueue(chain, readableByteCount: 0)
      queue.publish()
    }
    guard let completion = try queue.nextCompletion() else { return nil }
    buffer.prepareForCPUReads(at: 0, byteCount: Self.byteCount)
    return completion.writtenByteCount
  }

  // MARK: Interrupts

  /// What a kernel calls when the device interrupts, from any context, until the source is closed.
  public var interruptHandler: InterruptHandler<T.Interrupts> {
    InterruptHandler(
      latch: buffer.interruptLatch(at: Self.byteCount), source: device.interrupts)
  }

  /// Has the device interrupt when bytes have come, or be silent again.
  public mutating func enableInterrupts(_ enabled: Bool = true) {
    queue.suppressInterrupts(!enabled)
  }

  /// Takes the device out of service, and gives its memory back once it was reset. Blocks for that.
  public consuming func close<W: Waiter>(waiting waiter: W) throws(EntropyError) {
    let proof: ResetProof
    do { proof = try device.reset(on: platform, waiting: waiter) } catch { throw .device(error) }
    queue.free(to: platform, after: proof)
    buffer.free(to: platform)
  }
}
