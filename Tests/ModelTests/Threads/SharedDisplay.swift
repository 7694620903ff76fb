import Foundation
import Synchronization
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// A display that several threads use as they may: one at a time calls it, and each of them draws in
/// its frames and drops them without asking.
///
/// The numbers that the threads wait for are relaxed on purpose: what one thread knows of another's
/// pixels, it knows by the lock or by the driver alone.
final class SharedDisplay: @unchecked Sendable {
  let machine: ModelMachine
  private let lock = NSLock()
  private var display: ModelDisplay?
  private let failures = Mutex<[String]>([])

  /// How many frames are through.
  let round = Atomic(0)
  /// How many frames the drawing thread has taken.
  let takenCount = Atomic(0)
  /// Somebody has failed, so nobody waits any more.
  private let isOver = Atomic(false)

  init(_ configuration: ModelConfiguration) throws {
    machine = ModelMachine(configuration)
    display = try machine.open()
  }

  // MARK: One at a time

  /// The next frame, if it is there.
  func tryNextFrame() throws -> Frame? {
    lock.lock()
    defer { lock.unlock() }
    return try display?.tryNextFrame()
  }

  /// Presents a frame; or drops it, if it has the size of a display that there is no more.
  func present(_ frame: consuming Frame) throws {
    lock.lock()
    defer { lock.unlock() }
    do throws(GPUError) {
      _ = try display?.present(frame)
    } catch .staleFrame {
      return
    }
  }

  /// Sees what the device has done.
  func drain() throws {
    lock.lock()
    defer { lock.unlock() }
    try display?.drain()
  }

  /// Answers for a display event, if there is one.
  func takeDisplayEvent() throws -> Bool {
    lock.lock()
    defer { lock.unlock() }
    return try display?.takeDisplayEvent(waiting: patience) ?? false
  }

  // MARK: Everybody for himself

  /// Waits for what another thread does; throws if it does not, or has failed.
  func wait(_ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(60)
    while try !condition() {
      guard !isOver.load(ordering: .relaxed), ContinuousClock.now < deadline else {
        throw CancellationError()
      }
      sched_yield()
    }
  }

  /// Does something on a thread of its own; nobody waits any more if it fails.
  func detach(_ group: DispatchGroup, _ body: @escaping @Sendable (SharedDisplay) throws -> Void) {
    group.enter()
    Thread.detachNewThread { [self] in
      do {
        try body(self)
      } catch {
        isOver.store(true, ordering: .relaxed)
        failures.withLock { $0.append("\(error)") }
      }
      group.leave()
    }
  }

  /// Closes the display; says what went wrong, with it or with a thread.
  func close() -> [String] {
    lock.lock()
    defer { lock.unlock() }
    do {
      try display.take()?.close(waiting: patience)
    } catch {
      failures.withLock { $0.append("\(error)") }
    }
    return failures.withLock { $0 } + machine.finish().map(\.description)
  }
}
