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
