import VirtIO

/// The cursor queue. Its commands have no response: the device only gives them back.
struct CursorQueue<Region: DMARegion, Bell: Doorbell>: ~Copyable {
  private var queue: Virtqueue<Region, Bell, 16>
  private var memory: DMABuffer<Region>
  private var chains: InlineArray<16, Chain?>
  private var chainCount = 0
  private var freeChains: InlineArray<16, Chain?>
  private var freeCount = 0

  private static var stride: Int { 64 }

  /// Makes the queue and lays out its slots.
  init<P: Platform, T: Transport & ~Copyable>(
    on device: inout NegotiatedDevice<T>, platform: borrowing P
  ) throws(GPUError) where P.Region == Region, T.Bell == Bell {
    let memory: DMABuffer<Region>
    do {
      memory = try DMABuffer(byteCount: 16 &* Self.stride, alignment: 64, from: platform)
    } catch {
      throw .outOfMemory(error)
    }
    var queue: Virtqueue<Region, Bell, 16>
    do {
      queue = try device.makeQueue(1, interrupts: true, on: platform)
    } catch {
      memory.free(to: platform)
      throw .device(error)
    }
    chains = InlineArray(repeating: nil)
    freeChains = InlineArray(repeating: nil)
    queue.suppressInterrupts(true)
    self.memory = memory
    self.queue = queue
    for slot in 0..<self.queue.size {
      let request = Segment(
        address: self.memory.deviceAddress.advanced(by: slot &* Self.stride),
        byteCount: UInt32(MemoryLayout<CursorCommand>.size))
      guard let chain = try? self.queue.makeChain(readable: request, writable: nil) else { break }
      chains[chainCount] = chain
      chainCount &+= 1
    }
    freeAll()
  }

  /// Has all commands free.
  private mutating func freeAll() {
    for index in 0..<chainCount { freeChains[index] = chains[index] }
    freeCount = chainCount
  }

  /// Makes the device forget the queue and what is in it, and take it up anew. Blocks.
  mutating func restart<P: Platform, T: Transport & ~Copyable, W: Waiter>(
    on device: inout LiveDevice<T>, platform: borrowing P, waiting waiter: W
  ) throws(GPUError) where P.Region == Region, T.Bell == Bell {
    do {
      let proof = try device.reset(&queue, on: platform, waiting: waiter)
      try device.enable(&queue, after: proof)
    } catch {
      throw .device(error)
    }
    freeAll()
  }

  /// Makes sure that so many commands can be sent.
  ///
  /// - Throws: ``GPUError/busy`` if they cannot, or ``GPUError/queue(_:)``.
  mutating func reserve(_ count: Int) throws(GPUError) {
    do {
      try reclaim()
    } catch {
      throw .queue(error)
    }
    guard freeCount >= count else { throw .busy }
  }

  /// Sends a command, if a slot is free.
  ///
  /// - Throws: ``GPUError/busy``, or ``GPUError/queue(_:)``.
  mutating func send(_ command: CursorCommand) throws(GPUError) {
    do throws(QueueError) {
      try reclaim()
      guard freeCount > 0, let chain = freeChains[freeCount &- 1] else { throw .full }
      var bytes = memory.mutableBytes
      // A chain was made for each slot, in their order.
      bytes.storeBytes(of: command, toByteOffset: chain.id &* Self.stride, as: CursorCommand.self)
      memory.prepareForDeviceReads(
        at: chain.id &* Self.stride, byteCount: MemoryLayout<CursorCommand>.size)
      try queue.enqueue(chain, readableByteCount: UInt32(MemoryLayout<CursorCommand>.size))
      freeCount &-= 1
      queue.publish()
    } catch {
      throw error == .full ? .busy : .queue(error)
    }
  }

  private mutating func reclaim() throws(QueueError) {
    while freeCount < chainCount, let completion = try queue.nextCompletion() {
      freeChains[freeCount] = completion.chain
      freeCount &+= 1
    }
  }

  /// Gives all memory back.
  consuming func free<P: Platform>(to platform: borrowing P, after proof: ResetProof)
  where P.Region == Region {
    queue.free(to: platform, after: proof)
    memory.free(to: platform)
  }
}
