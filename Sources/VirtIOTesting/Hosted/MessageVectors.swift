import Foundation
import VirtIO

/// The MSI-X vectors of a function, pointed at RAM: a message is a word that appears there.
///
/// - Spec: PCI Local Bus 3.0 §6.8.2 "MSI-X Capability and Table Structures"
public struct MessageVectors {
  struct Table {
    /// The message control register.
    let control: RegisterWindow<HostedAccess>
    /// 16 bytes a vector.
    let entries: RegisterWindow<HostedAccess>
  }

  /// Where the messages of one vector arrive.
  public struct Mailbox: Sendable {
    let word: CoherentRegion
    // Keeps the mapping.
    let memory: HostedMemory

    /// Takes the message that has arrived; nil if there is none.
    ///
    /// A message that comes before the last one was taken replaces it.
    public func take() -> UInt32? {
      let value = word.load32(uncheckedAt: 0)
      guard value != 0 else { return nil }
      word.store32(0, uncheckedAt: 0)
      return value
    }

    /// Waits for a message; nil if none comes in time. Blocks.
    public func take(within limit: Duration) -> UInt32? {
      let deadline = ContinuousClock.now + limit
      while true {
        if let message = take() { return message }
        if ContinuousClock.now >= deadline { return nil }
        wait()
      }
    }

    private func wait() { usleep(200) }
  }

  /// How many vectors there are.
  public let count: Int
  private let table: Table
  private let page: CoherentRegion
  private let memory: HostedMemory

  /// Enables MSI-X, with all vectors masked, and sets a page aside for the messages.
  init(_ table: Table, memory: HostedMemory) throws(HostedError) {
    self.table = table
    self.memory = memory
    count = Int(table.entries.byteCount / 16)
    guard let page = memory.allocate(byteCount: 4 * count, alignment: 4096) else {
      throw .noMessageVectors
    }
    self.page = page
    // Bit 15 enables MSI-X, bit 14 masks all vectors.
    table.control.write16(table.control.read16(at: 0) & ~(1 << 14) | 1 << 15, at: 0)
  }

  /// Points a vector at a word of RAM, and unmasks it.
  ///
  /// - Parameters:
  ///   - vector: Its number in the function's table.
  ///   - message: What shall appear there; not 0.
  /// - Throws: ``HostedError/noMessageVector(_:count:)``.
  public func open(_ vector: Int, message: UInt32) throws(HostedError) -> Mailbox {
    let address = page.deviceAddress.advanced(by: 4 * vector)
    guard vector >= 0, vector < count, let word = memory.region(at: address, byteCount: 4) else {
      throw .noMessageVector(vector, count: count)
    }
    let entry = UInt(16 * vector)
    table.entries.write64(address.rawValue, at: entry)
    table.entries.write32(message, at: entry + 8)
    table.entries.write32(0, at: entry + 12)
    return Mailbox(word: word, memory: memory)
  }

  /// Disables MSI-X and gives the page back. No mailbox is to be used any more.
  public func close() {
    table.control.write16(table.control.read16(at: 0) & ~(1 << 15), at: 0)
    memory.free(page)
  }
}
