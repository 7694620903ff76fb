internal import Synchronization

/// DMA memory cut into equal slots, each of which can be lent to one ``Loan`` at a time.
///
/// This is what lets a frame be a value of its own, that may be dropped anywhere, while the device's
/// side keeps the memory: whether a slot is lent is written in a ledger that the device is never
/// told about.
@safe
public struct LendingBuffer<Region: DMARegion>: ~Copyable {
  private let memory: DMABuffer<Region>
  private let ledger: DMABuffer<Region>
  /// The length of a slot in bytes.
  public let slotByteCount: Int
  /// How many slots there are.
  public let slotCount: Int

  /// Takes memory for `slotCount` slots and their ledger from `platform`.
  ///
  /// - Throws: ``AllocationFailure`` if the platform has no such range, the size has no number, or a
  ///   slot is not a whole number of 32-bit words.
  public init<P: Platform>(slotByteCount: Int, slotCount: Int, from platform: borrowing P)
    throws(AllocationFailure) where P.Region == Region
  {
    let total = slotByteCount.multipliedReportingOverflow(by: slotCount)
    let ledgerByteCount = slotCount.multipliedReportingOverflow(by: 4)
    guard slotByteCount > 0, slotByteCount & 3 == 0, slotCount > 0, !total.overflow,
      !ledgerByteCount.overflow
    else {
      throw AllocationFailure(byteCount: slotByteCount)
    }
    let ledger = try DMABuffer(
      byteCount: ledgerByteCount.partialValue, alignment: 16, from: platform)
    do {
      memory = try DMABuffer(byteCount: total.partialValue, alignment: 4096, from: platform)
    } catch {
      ledger.free(to: platform)
      throw error
    }
    self.ledger = ledger
    self.slotByteCount = slotByteCount
    self.slotCount = slotCount
  }

  /// Where the device sees the first slot.
  public var deviceAddress: DeviceAddress { memory.deviceAddress }
  /// The length of all slots together.
  public var byteCount: Int { slotByteCount &* slotCount }

  private func cell(_ slot: Int) -> UnsafeMutablePointer<Atomic<UInt32>> {
    // SAFETY: the ledger holds one zeroed 32-bit cell a slot and nothing else.
    unsafe (ledger.region.base + slot &* 4).assumingMemoryBound(to: Atomic<UInt32>.self)
  }

  /// Whether a loan of `slot` is alive.
  public func isLent(_ slot: Int) -> Bool {
    guard slot >= 0, slot < slotCount else { return false }
    return unsafe cell(slot).pointee.load(ordering: .acquiring) != 0
  }

  /// Lends `slot`, or nothing if it is lent already or does not exist.
  public func lend(_ slot: Int) -> Loan? {
    guard slot >= 0, slot < slotCount else { return nil }
    let cell = unsafe cell(slot)
    let lent = unsafe cell.pointee.compareExchange(expected: 0, desired: 1, ordering: .acquiring)
    guard lent.exchanged else { return nil }
    return unsafe Loan(
      base: memory.region.base + slot &* slotByteCount, byteCount: slotByteCount, cell: cell)
  }

  /// Whether a loan is one of a slot of this buffer.
  public func isSource(of loan: borrowing Loan) -> Bool {
    for slot in 0..<slotCount where unsafe cell(slot) == loan.cell { return true }
    return false
  }

  /// Before the device reads so many bytes of `slot` from `offset` on: it will find what was drawn
  /// there, once it is told to. They lie inside the slot.
  public func prepareForDeviceReads(of slot: Int, at offset: Int, byteCount: Int) {
    memory.prepareForDeviceReads(at: slot &* slotByteCount &+ offset, byteCount: byteCount)
  }

  /// Gives the memory back; no device may use it any more.
  ///
  /// While a loan is alive the memory is left to it for ever, rather than taken from under it.
  public consuming func free<P: Platform>(to platform: borrowing P) where P.Region == Region {
    for slot in 0..<slotCount where isLent(slot) { return }
    memory.free(to: platform)
    ledger.free(to: platform)
  }
}

/// The CPU's exclusive use of one slot of a ``LendingBuffer``; ends when it is dropped.
@safe
public struct Loan: ~Copyable, @unchecked Sendable {
  private let base: UnsafeMutableRawPointer
  fileprivate let cell: UnsafeMutablePointer<Atomic<UInt32>>
  /// The length of the slot in bytes.
  public let byteCount: Int

  init(base: UnsafeMutableRawPointer, byteCount: Int, cell: UnsafeMutablePointer<Atomic<UInt32>>) {
    unsafe self.base = base
    unsafe self.cell = cell
    self.byteCount = byteCount
  }

  deinit {
    // SAFETY: a lending buffer keeps its ledger as long as a loan is alive.
    unsafe cell.pointee.store(0, ordering: .releasing)
  }

  /// The slot as 32-bit words.
  public var words: MutableSpan<UInt32> {
    @_lifetime(&self) mutating get {
      // SAFETY: the slot is valid for `byteCount` bytes and nobody else's while `self` lives; the
      // memory is page-aligned and holds plain words.
      let words = unsafe base.assumingMemoryBound(to: UInt32.self)
      let span = unsafe MutableSpan(_unsafeStart: words, count: byteCount / 4)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }
}
