import Foundation
import Synchronization
import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// A hosted machine on which somebody can sleep: messages arrive in a page of its RAM, and whoever
/// sleeps looks there, in the interrupt's place.
final class SleepyPlatform: InterruptPlatform, Sendable {
  typealias Handler = InterruptHandler<PCIInterrupts<HostedAccess>>

  private let base: HostedPlatform
  private let page: CoherentRegion

  private struct State {
    var handler: Handler?
    var usesLine = false
    var seen: Set<Int> = []
  }
  private let state = Mutex(State())

  init(_ machine: HostedMachine) throws {
    base = machine.platform
    page = try #require(machine.platform.allocate(byteCount: 4096, alignment: 4096))
  }

  /// Who is called for interrupts.
  var handler: Handler? {
    get { state.withLock { $0.handler } }
    set { state.withLock { $0.handler = newValue } }
  }

  /// Whether there are no messages, but a line.
  var usesLine: Bool {
    get { state.withLock { $0.usesLine } }
    set { state.withLock { $0.usesLine = newValue } }
  }

  /// What the device is to store for a vector.
  func message(of vector: Int) -> MSIMessage {
    MSIMessage(
      address: page.deviceAddress.advanced(by: 4 * vector).rawValue,
      data: 0xbeef_0000 | UInt32(vector))
  }

  /// Takes the messages that have arrived, and calls the handler for each.
  ///
  /// - Returns: Their vectors.
  @discardableResult
  func takeMail() -> [Int] {
    let vectors = (0..<64).filter { vector in
      let data = page.load32(uncheckedAt: 4 * vector)
      if data == 0 { return false }
      page.store32(0, uncheckedAt: 4 * vector)
      #expect(data == message(of: vector).data)
      return true
    }
    state.withLock { $0.seen.formUnion(vectors) }
    for vector in vectors { _ = handler?.handleInterrupt(vector: vector) }
    return vectors
  }

  /// Waits until messages have come since this was last called, whoever took them.
  ///
  /// - Returns: Their vectors; none if none come in two seconds.
  func awaitMail() -> Set<Int> {
    let end = now.rawValue + 2_000_000_000
    while true {
      takeMail()
      let seen = state.withLock { state in
        defer { state.seen = [] }
        return state.seen
      }
      if !seen.isEmpty || now.rawValue >= end { return seen }
    }
  }

  /// Gives the page back.
  func close() { base.free(page) }

  // MARK: Platform

  func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    base.allocate(byteCount: byteCount, alignment: alignment)
  }

  func free(_ region: CoherentRegion) { base.free(region) }

  var now: Nanoseconds { base.now }

  func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    while !isAwake(), now < deadline {
      if usesLine { _ = handler?.handleLineInterrupt() } else { takeMail() }
    }
  }
}
