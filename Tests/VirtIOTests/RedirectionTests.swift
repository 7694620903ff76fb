import Testing
import VirtIO
import VirtIOTestDoubles

/// Chains whose request lies elsewhere for once, on every kind of ring.
@Suite("Redirected requests")
struct RedirectionTests {
  private static let own = QueueRig<1>.segment(0)
  private static let response = QueueRig<1>.segment(100, byteCount: 24)
  private static let long = QueueRig<1>.segment(7, byteCount: 262_176)

  static let kinds: [Features] = [
    [], .indirectDescriptors, .inOrder, [.inOrder, .indirectDescriptors],
  ]

  @Test(
    "a chain reads from elsewhere, with its response where it was, and is led back",
    arguments: kinds)
  func split(_ features: Features) throws {
    var rig = try QueueRig<8>(size: 4, offering: features.union(.version1))
    let chain = try rig.queue.makeChain(readable: Self.own, writable: Self.response)
    for number in 0..<9 {
      let segment = number % 3 == 1 ? Self.long : Self.own
      try rig.queue.redirect(chain, reading: segment)
      try rig.queue.enqueue(chain)
      rig.queue.publish()
      let taken = try #require(rig.ring.nextChain())
      #expect(taken.segments.map(\.address) == [segment.address, Self.response.address])
      #expect(taken.segments.map(\.byteCount) == [segment.byteCount, 24])
      rig.ring.use(taken, written: 24)
      #expect(try rig.queue.nextCompletion()?.writtenByteCount == 24)
    }
    let error = failure { () throws(QueueError) in
      try rig.queue.enqueue(chain, readableByteCount: 65)
    }
    #expect(error == .tooLong)
  }

  @Test("so it does on a packed ring", arguments: kinds)
  func packed(_ features: Features) throws {
    var rig = try PackedRig<8>(size: 4, offering: features)
    let chain = try rig.queue.makeChain(readable: Self.own, writable: Self.response)
    for number in 0..<9 {
      let segment = number % 3 == 1 ? Self.long : Self.own
      try rig.queue.redirect(chain, reading: segment)
      let taken = try rig.submit(chain)
      #expect(taken.segments.map(\.address) == [segment.address, Self.response.address])
      #expect(taken.segments.map(\.byteCount) == [segment.byteCount, 24])
      rig.ring.use(taken, written: 24)
      #expect(try rig.queue.nextCompletion()?.writtenByteCount == 24)
    }
  }

  @Test("the response goes elsewhere too, and may be as long as there is room", arguments: kinds)
  func response(_ features: Features) throws {
    var split = try QueueRig<8>(size: 4, offering: features.union(.version1))
    var packed = try PackedRig<8>(size: 4, offering: features)
    let first = try split.queue.makeChain(readable: Self.own, writable: Self.response)
    let second = try packed.queue.makeChain(readable: Self.own, writable: Self.response)
    for number in 0..<9 {
      let target =
        number % 2 == 0 ? QueueRig<1>.segment(300, byteCount: 5000 + UInt32(number)) : Self.response
      try split.queue.redirect(first, reading: Self.own, writing: target)
      try packed.queue.redirect(second, reading: Self.own, writing: target)
      let taken = try split.submit(first)
      let alsoTaken = try packed.submit(second)
      for segments in [taken.segments, alsoTaken.segments] {
        #expect(segments.map(\.address) == [Self.own.address, target.address])
        #expect(segments.map(\.byteCount) == [64, target.byteCount])
        #expect(segments.map(\.isWritable) == [false, true])
      }
      split.ring.use(taken, written: .max)
      packed.ring.use(alsoTaken, written: .max)
      #expect(try split.queue.nextCompletion()?.writtenByteCount == target.byteCount)
      #expect(try packed.queue.nextCompletion()?.writtenByteCount == target.byteCount)
    }
  }

  @Test("a chain that the device has is not led elsewhere")
  func inFlight() throws {
    var rig = try QueueRig<8>()
    let chain = try rig.readableChain()
    _ = try rig.submit(chain)
    let error = failure { () throws(QueueError) in
      try rig.queue.redirect(chain, reading: Self.long)
    }
    #expect(error == .inFlight)
  }
}
