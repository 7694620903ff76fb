import Foundation
import Synchronization
import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// A display between threads: one draws, one stands for the interrupt, one resizes.
///
/// Made for the thread sanitizer: each pixel is written by two threads in turn, and only the driver
/// stands between them.
@Suite struct ThreadTests {
  /// How many frames are drawn: every other one by the interrupt, in the memory that the drawing
  /// thread has just dropped.
  private static let roundCount = 300

  @Test("a frame is drawn and dropped in one thread, while others present and resize")
  func threads() async throws {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures &= ~(1 << 1)
    // The device takes its time, so that there is something to drain.
    configuration.faults = [
      ModelFault(on: .command(0x105), count: .max, .delay(polls: 2)),
      ModelFault(on: .command(0x104), count: .max, .delay(polls: 5)),
    ]
    let shared = try SharedDisplay(configuration)
    let group = DispatchGroup()
    shared.detach(group, Self.draw)
    shared.detach(group, Self.interrupt)
    shared.detach(group, Self.resize)
    await withCheckedContinuation { continuation in
      group.notify(queue: .global()) { continuation.resume() }
    }
    #expect(shared.close() == [])
    #expect(shared.round.load(ordering: .relaxed) == Self.roundCount)
    #expect(shared.machine.liveAllocationCount == 0)
  }

  private static func fill(_ frame: inout Frame, _ color: UInt32) {
    var pixels = frame.pixels
    for index in pixels.indices { pixels[index] = color }
  }

  /// Takes a frame whenever it is its turn, draws, and presents it or leaves it to nobody.
  private static func draw(_ shared: SharedDisplay) throws {
    for round in 0..<roundCount {
      try shared.wait { shared.round.load(ordering: .relaxed) == round }
      var next: Frame? = nil
      try shared.wait {
        next = try shared.tryNextFrame()
        return next != nil
      }
      guard var frame = next.take() else { return }
      shared.takenCount.store(round + 1, ordering: .relaxed)
      fill(&frame, UInt32(round))
      if round % 2 == 0 {
        // Dropped here, without a word to anybody. From now on the pixels are the interrupt's.
        _ = consume frame
      } else {
        try shared.present(frame)
        shared.round.store(round + 1, ordering: .relaxed)
      }
    }
  }

  /// Sees what the device has done, and draws in the frames that were dropped.
  private static func interrupt(_ shared: SharedDisplay) throws {
    var round = 0
    while round < roundCount {
      try shared.drain()
      let taken = shared.takenCount.load(ordering: .relaxed)
      round = shared.round.load(ordering: .relaxed)
      guard round % 2 == 0, taken == round + 1, var frame = try shared.tryNextFrame() else {
        sched_yield()
        continue
      }
      fill(&frame, ~UInt32(round))
      try shared.present(frame)
      round += 1
      shared.round.store(round, ordering: .relaxed)
    }
  }

  /// Gives the display another size now and then, and answers for it.
  private static func resize(_ shared: SharedDisplay) throws {
    // Not before the first picture, which is to suit the display that there was.
    for round in stride(from: 7, to: roundCount, by: 7) {
      try shared.wait { shared.round.load(ordering: .relaxed) >= round }
      let size = UInt32(32 + round % 40)
      shared.machine.setOutput(0, to: .init(width: size, height: size))
      try shared.wait { try shared.takeDisplayEvent() }
    }
  }
}
