import Testing
import VirtIO
import VirtIOTesting

/// Drivers that lay out chains that no device can follow.
@Suite struct ChainRuleTests {
  private let indirect: UInt64 = 1 << 28
  private let inOrder: UInt64 = 1 << 35

  /// What is broken when a chain is laid out by `layOut` and its descriptor 0 made available.
  private func broken(
    _ features: UInt64 = 0, size: UInt16 = 8,
    _ layOut: (RawQueue, _ request: UInt64, _ response: UInt64) throws -> Void
  ) throws -> [String] {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= features
    configuration.memoryByteCount = 8 << 20
    let driver = RawDriver(configuration)
    driver.negotiate(RawDriver.usual | features)
    let queue = try driver.makeQueue(0, size: size)
    driver.start()
    let buffer = queue.buffer()
    queue.fill(buffer.request, RawCommand.displayInfo)
    try layOut(queue, buffer.request, buffer.response)
    queue.offer(0)
    queue.storeIndex()
    let broken = driver.broken
    // Whatever it was, the model goes on.
    queue.used.fullBarrier()
    _ = queue.used.load16(uncheckedAt: 0)
    queue.ring()
    driver.machine.poll(3)
    return broken
  }

  @Test("SPLIT-FRAME-1: something to read behind something to write") func order() throws {
    let ids = try broken { queue, request, response in
      queue.descriptor(0, response, 512, flags: 3, next: 1)
      queue.descriptor(1, request, 24)
    }
    #expect(ids == ["SPLIT-FRAME-1"])
  }

  @Test("SPLIT-FRAME-2: two descriptors where one would do, and an empty one") func fragments()
    throws
  {
    let ids = try broken { queue, request, response in
      queue.descriptor(0, request, 8, flags: 1, next: 1)
      queue.descriptor(1, request + 8, 16, flags: 1, next: 2)
      queue.descriptor(2, response, 512, flags: 3, next: 3)
      queue.descriptor(3, response + 600, 0, flags: 2)
    }
    #expect(ids == ["SPLIT-FRAME-2", "SPLIT-FRAME-2"])
  }

  @Test("SPLIT-DESC-1: a chain of more than 2^32 bytes") func tooLong() throws {
    let ids = try broken { queue, request, _ in
      queue.descriptor(0, request, .max, flags: 1, next: 1)
      queue.descriptor(1, request, .max)
    }
    #expect(ids.last == "SPLIT-DESC-1")
    #expect(ids.dropLast() == ["RFB-5", "RFB-5"])
  }

  @Test("SPLIT-DESC-2: a loop of one, and of three") func loops() throws {
    #expect(
      try broken { queue, request, _ in queue.descriptor(0, request, 24, flags: 1, next: 0) }
        == ["SPLIT-DESC-2"])
    let ids = try broken { queue, request, _ in
      queue.descriptor(0, request, 24, flags: 1, next: 1)
      queue.descriptor(1, request + 100, 24, flags: 1, next: 2)
      queue.descriptor(2, request + 200, 24, flags: 1, next: 0)
    }
    #expect(ids == ["SPLIT-DESC-2"])
  }

  @Test("SPLIT-DESC-3, SPLIT-DESC-4: chains out of order") func outOfOrder() throws {
    let ids = try broken(inOrder) { queue, request, response in
      queue.descriptor(0, request, 24, flags: 1, next: 7)
      queue.descriptor(7, response, 512, flags: 3, next: 2)
      queue.descriptor(2, response + 600, 512, flags: 2)
    }
    #expect(ids == ["SPLIT-DESC-4", "SPLIT-DESC-3"])
  }

  @Test("SPLIT-D-3: a descriptor with another flag") func oddFlags() throws {
    let ids = try broken { queue, request, _ in queue.descriptor(0, request, 24, flags: 8) }
    #expect(ids == ["SPLIT-D-3"])
  }

  @Test("SPLIT-D-10: heads and next indices outside the table") func outside() throws {
    let ids = try broken { queue, request, _ in
      queue.descriptor(0, request, 24, flags: 1, next: 8)
    }
    #expect(ids == ["SPLIT-D-10"])
    let heads = try broken { queue, request, _ in
      queue.descriptor(0, request, 24)
      queue.offer(8)
    }
    #expect(heads == ["SPLIT-D-10"])
  }

  @Test("RFB-5: a descriptor of what is no memory") func noMemory() throws {
    for address in [0, 0x3000_0000, 0x4f00_0000, UInt64.max] {
      let ids = try broken { queue, _, _ in queue.descriptor(0, address, 24) }
      #expect(ids == ["RFB-5"])
    }
  }

  // MARK: Indirect

  private func table(_ queue: RawQueue, _ entries: [(UInt64, UInt32, UInt16, UInt16)]) -> UInt64 {
    let address = queue.buffer().request
    var bytes: [UInt8] = []
    for (start, byteCount, flags, next) in entries {
      bytes += RawCommand.words([
        UInt32(truncatingIfNeeded: start), UInt32(truncatingIfNeeded: start >> 32), byteCount,
        UInt32(flags) | UInt32(next) << 16,
      ])
    }
    queue.fill(address, bytes)
    queue.descriptor(0, address, UInt32(bytes.count), flags: 4)
    return address
  }

  @Test("SPLIT-IND-1: a table with the feature is followed, without it is not") func indirectTable()
    throws
  {
    let layOut: (RawQueue, UInt64, UInt64) -> Void = { queue, request, response in
      _ = table(queue, [(request, 24, 1, 1), (response, 512, 2, 0)])
    }
    #expect(try broken(indirect, layOut) == [])
    #expect(try broken(0, layOut) == ["SPLIT-IND-1"])
  }

  @Test("SPLIT-IND-2: a table in a table") func nested() throws {
    let ids = try broken(indirect) { queue, request, _ in _ = table(queue, [(request, 16, 4, 0)]) }
    #expect(ids == ["SPLIT-IND-2"])
  }

  @Test("SPLIT-IND-3: more entries than the queue has") func longTable() throws {
    let ids = try broken(indirect) { queue, request, _ in
      _ = table(
        queue, (0..<12).map { (request + UInt64($0) * 32, 16, $0 == 11 ? 0 : 1, $0 + 1) })
    }
    #expect(ids == ["SPLIT-IND-3"])
  }

  @Test("SPLIT-IND-4: a table that goes on") func continued() throws {
    let ids = try broken(indirect) { queue, request, _ in
      let address = table(queue, [(request, 24, 0, 0)])
      queue.descriptor(0, address, 16, flags: 5, next: 1)
    }
    #expect(ids == ["SPLIT-IND-4"])
  }

  @Test("SPLIT-D-3: tables of 0, 8 and 40 bytes", arguments: [0, 8, 40] as [UInt32])
  func tableLength(_ byteCount: UInt32) throws {
    let ids = try broken(indirect) { queue, request, response in
      let address = table(queue, [(request, 24, 1, 1), (response, 512, 2, 0)])
      queue.descriptor(0, address, byteCount, flags: 4)
    }
    #expect(ids == ["SPLIT-D-3"])
  }

  @Test("SPLIT-IND-5: a table out of order") func unorderedTable() throws {
    let ids = try broken(indirect | inOrder) { queue, request, response in
      _ = table(queue, [(request, 24, 1, 2), (response, 16, 2, 0), (response + 64, 512, 2, 0)])
    }
    #expect(ids == ["SPLIT-IND-5"])
  }
}
