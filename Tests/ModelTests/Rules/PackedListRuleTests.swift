import Testing
import VirtIO
import VirtIOTesting

/// Drivers that lay out lists in a packed ring that no device can follow. Whatever it is, the model goes
/// on, and a reset mends it.
@Suite struct PackedListRuleTests {
  private typealias Element = RawPackedQueue.Element

  /// What is broken when something is laid out and shown by `layOut`.
  private func broken(
    _ features: Features = [.indirectDescriptors], accepting: Features? = nil, size: UInt16 = 8,
    limit: Int? = nil, _ layOut: (RawPackedQueue) throws -> Void
  ) throws -> [String] {
    let driver = RawDriver.offering(features.union(.packedRing)) { $0.listLimit = limit }
    driver.negotiate(RawDriver.packed | (accepting ?? features).rawValue)
    let queue = try driver.makePackedQueue(size: size)
    driver.start()
    try layOut(queue)
    let broken = driver.broken
    queue.ring.fullBarrier()
    _ = queue.deviceEvent.load32(uncheckedAt: 0)
    queue.notify()
    driver.machine.poll(3)
    // A driver that begins anew is served.
    driver.reset()
    driver.machine.clearViolations()
    let next = try driver.bringUpPacked()
    #expect(next.send(RawCommand.displayInfo) == 0x1101)
    #expect(driver.broken == [])
    return broken
  }

  private func request(_ queue: RawPackedQueue) -> [Element] {
    queue.elements(RawCommand.displayInfo)
  }

  // MARK: Direct

  @Test("PACKED-SG-1, PACKED-IND-3: lists longer than the device allows") func deviceLimit() throws
  {
    let ids = try broken(limit: 2) { queue in
      let elements = request(queue)
      queue.show(queue.layOut(elements, id: 0))
      let more = elements + [Element(address: elements[1].address + 2048, byteCount: 16, flags: 2)]
      queue.show(
        queue.layOut(
          more.map { element in
            var element = element
            element.byteCount = min(element.byteCount, 1024)
            return element
          }, id: 1))
      queue.show(
        queue.layOut(
          [
            queue.table(
              more.map { element in
                var element = element
                element.byteCount = min(element.byteCount, 1024)
                return element
              })
          ], id: 2))
    }
    #expect(ids == ["PACKED-SG-1", "PACKED-IND-3"])
  }

  @Test("PACKED-SG-2: a table longer than the queue") func longTable() throws {
    let ids = try broken { queue in
      let start = queue.buffer().request
      queue.show(
        queue.layOut([
          queue.table((0..<9).map { Element(address: start + UInt64($0) * 64, byteCount: 16) })
        ]))
    }
    #expect(ids == ["PACKED-SG-2"])
  }

  @Test("PACKED-SG-3: a list that goes round the ring", arguments: [1, 2, 3, 8] as [UInt16])
  func loop(_ size: UInt16) throws {
    let ids = try broken(size: size) { queue in
      let start = queue.buffer().request
      let elements = (0..<Int(size)).map {
        Element(address: start + UInt64($0) * 64, byteCount: 16, flags: 1)
      }
      queue.show(queue.layOut(elements))
    }
    #expect(ids == ["PACKED-SG-3"])
  }

  @Test("PACKED-SG-4: something to read behind something to write") func order() throws {
    let ids = try broken { queue in queue.show(queue.layOut(request(queue).reversed())) }
    #expect(ids == ["PACKED-SG-4"])
  }

  @Test("PACKED-SG-5, PACKED-SG-6: a list for which there are not enough free slots")
  func noRoom() throws {
    let ids = try broken(size: 3) { queue in
      queue.post(RawCommand.displayInfo, id: 1)
      queue.descriptor(2, request(queue)[0], id: 2)
      queue.show(.init(position: 2, flags: 0x81))
    }
    #expect(ids == ["PACKED-SG-5"])
    let stored = try broken(size: 3) { queue in
      queue.post(RawCommand.displayInfo, id: 1)
      queue.show(queue.layOut(request(queue), id: 2))
    }
    #expect(stored.last == "PACKED-SG-6")
    #expect(Set(stored.dropLast()) == ["PACKED-DESC-2"])
  }

  @Test("PACKED-SG-7: the first descriptor of a list is available before the second")
  func headFirst() throws {
    let ids = try broken { queue in
      let elements = request(queue)
      queue.descriptor(0, elements[0], id: 0)
      queue.descriptor(1, elements[1], id: 0)
      queue.show(.init(position: 0, flags: 0x81))
    }
    #expect(ids == ["PACKED-SG-7"])
  }

  @Test("PACKED-D-9: a descriptor in a list that is marked as used") func usedMember() throws {
    let ids = try broken { queue in
      let elements = request(queue)
      queue.descriptor(0, elements[0], id: 0)
      queue.descriptor(1, elements[1], id: 0)
      queue.flags(1, 0x8082)
      queue.show(.init(position: 0, flags: 0x81))
    }
    #expect(ids == ["PACKED-D-9"])
  }

  @Test("SPLIT-FRAME-2, RFB-5: an empty descriptor, one too many, and no memory") func elements()
    throws
  {
    let ids = try broken { queue in
      var elements = request(queue)
      elements[0].byteCount = 8
      elements.insert(Element(address: elements[0].address + 8, byteCount: 16), at: 1)
      elements.append(Element(address: elements[2].address + 4096, byteCount: 0, flags: 2))
      queue.show(queue.layOut(elements))
    }
    #expect(ids == ["SPLIT-FRAME-2", "SPLIT-FRAME-2"])
    for address in [0, 0x3000_0000, UInt64.max] {
      let ids = try broken { queue in
        queue.show(queue.layOut([Element(address: address, byteCount: 24)]))
      }
      #expect(ids == ["RFB-5"])
    }
  }

  // MARK: Indirect

  @Test("PACKED-IND-1: a table with the feature is followed, without it is not") func table() throws
  {
    let layOut: (RawPackedQueue) -> Void = { queue in
      queue.show(queue.layOut([queue.table(request(queue))]))
    }
    #expect(try broken([.indirectDescriptors], layOut) == [])
    #expect(
      try broken([.indirectDescriptors], accepting: [], layOut) == ["PACKED-IND-1"])
  }

  @Test(
    "PACKED-IND-2: entries of a table with NEXT, INDIRECT, AVAIL or USED",
    arguments: [1, 4, 0x80, 0x8000] as [UInt16])
  func entryFlags(_ flag: UInt16) throws {
    let ids = try broken { queue in
      var elements = request(queue)
      elements[0].flags |= flag
      queue.show(queue.layOut([queue.table(elements)]))
    }
    #expect(ids == ["PACKED-IND-2"])
  }

  @Test("PACKED-IND-4: a table in a list, and one that goes on") func mixed() throws {
    let ids = try broken { queue in
      let elements = request(queue)
      queue.show(queue.layOut([elements[0], queue.table([elements[1]])]))
    }
    #expect(ids == ["PACKED-IND-4"])
    let first = try broken { queue in
      let elements = request(queue)
      queue.show(queue.layOut([queue.table([elements[0]]), elements[1]]))
    }
    #expect(first == ["PACKED-IND-4"])
  }

  @Test("PACKED-D-11: tables of 0, 8 and 40 bytes", arguments: [0, 8, 40] as [UInt32])
  func tableLength(_ byteCount: UInt32) throws {
    let ids = try broken { queue in
      var table = queue.table(request(queue))
      table.byteCount = byteCount
      queue.show(queue.layOut([table]))
    }
    #expect(ids == ["PACKED-D-11"])
  }

  @Test("RFB-5: a table that is in no memory") func noTable() throws {
    let ids = try broken { queue in
      queue.show(queue.layOut([Element(address: .max - 15, byteCount: 32, flags: 4)]))
    }
    #expect(ids == ["RFB-5"])
  }
}
