import Foundation
import Testing
import VirtIO
import VirtIOTestDoubles

/// Who may use a queue when, by the ids of the catalogue of hostile devices.
@Suite("Several users of a queue")
struct ReentryTests {
  @Test("SMP12: what has completed is submitted again at once, while there is more to take back")
  func again() throws {
    var rig = try QueueRig<4>()
    let chains = try (0..<4).map { number in try rig.readableChain(number) }
    for chain in chains { rig.ring.use(try rig.submit(chain)) }
    var counts = [Int](repeating: 0, count: chains.count)
    // The device uses at once what it gets: each look finds more, and the loop ends by our own count.
    while let completion = try rig.queue.nextCompletion() {
      counts[completion.chain.id] += 1
      if counts[completion.chain.id] < 50 { rig.ring.use(try rig.submit(completion.chain)) }
    }
    #expect(counts == [50, 50, 50, 50])
    #expect(rig.ring.nextChain() == nil)
  }

  /// A queue that several threads use as they may: one at a time.
  private final class SharedQueue: @unchecked Sendable {
    private let lock = NSLock()
    private var rig: QueueRig<8>
    private var failures = 0
    private(set) var submitted = [Int](repeating: 0, count: 8)
    private(set) var completed = [Int](repeating: 0, count: 8)
    private(set) var chains: [Chain] = []

    init() throws {
      rig = try QueueRig<8>()
      for number in 0..<8 { chains.append(try rig.readableChain(number)) }
    }

    /// Submits a chain, if it is not under way already, and takes back what is there.
    func turn(_ number: Int) {
      lock.lock()
      defer { lock.unlock() }
      do {
        if submitted[number] == completed[number] {
          let taken = try rig.submit(chains[number])
          submitted[number] += 1
          if submitted[number] % 3 != 0 { rig.ring.use(taken) } else { held.append(taken) }
        } else if !held.isEmpty {
          // The one that it has had longest: none is kept for ever.
          rig.ring.use(held.removeFirst())
        }
        while let completion = try rig.queue.nextCompletion() {
          completed[completion.chain.id] += 1
        }
      } catch {
        failures += 1
      }
    }
    /// What the device keeps for a while.
    private var held: [DeviceRing.Chain] = []

    /// Has the device give back the rest; whether nothing failed.
    func settle() throws -> Bool {
      for taken in held { rig.ring.use(taken) }
      while let completion = try rig.queue.nextCompletion() { completed[completion.chain.id] += 1 }
      return failures == 0
    }
  }

  @Test("SMP07: two threads submit, one at a time: each chain is completed once for each time")
  func twoThreads() throws {
    let queue = try SharedQueue()
    DispatchQueue.concurrentPerform(iterations: 2) { thread in
      for turn in 0..<4000 { queue.turn((turn * 3 + thread * 5) % 8) }
    }
    #expect(try queue.settle())
    #expect(queue.submitted == queue.completed && queue.submitted.allSatisfy { $0 > 100 })
  }
}
