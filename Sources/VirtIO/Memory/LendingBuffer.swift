internal import Synchronization

/// DMA memory, which may be scattered, cut into equal slots, each of which can be lent to one ``Loan`` at a time.
///
/// This is what lets a frame be a value of its own, that may be dropped anywhere, while the device's
/// side keeps the memory: whether a slot is lent is written in a ledger that the device is never
/// told about. Each slot has a note there too, which goes along with the loan.
@safe
public struct LendingBuffer<Region: DMARegion, Note: BitwiseCopyable & Sendable>: ~Copyable {
  let memory: DMABuffer<Region>
  private let ledger: DMABuffer<Region>
  /// The length of a slot in bytes.
  public let slotByteCount: Int
  /// How far one slot starts behind another, in bytes.
  public let slotStride: Int
  private let lastSlot: UInt16

  private typealias Entry = LedgerEntry<Note>

  /// Takes memory for `slotCount` slots and their ledger from `platform`.
  ///
  /// - Parameters:
  ///   - slotByteCount: The length of a slot, a multiple of 4.
  ///   - slotCount: How many slots there are.
  ///   - slotAlignment: Each slot starts at a multiple of this from the first, a power of two.
  ///   - note: What is noted for every slot at first.
  ///   - platform: Where the memory comes from, and is to be given back to.
  /// - Throws: ``AllocationFailure`` if the platform has no such range, the size has no number, or a
  ///   slot is not a whole number of 32-bit words.
  public init<P: Platform>(
    slotByteCount: Int, slotCount: Int, slotAlignment: Int = 4, note: Note,
    from platform: borrowing P
  ) throws(AllocationFailure) where P.Region == Region {
    let rest = max(4, slotAlignment) &- 1
    let padded = slotByteCount.addingReportingOverflow(rest)
    let slotStride = padded.partialValue & ~rest
    let total = slotStride.multipliedReportingOverflow(by: slotCount)
    let ledgerByteCount = slotCount.multipliedReportingOverflow(by: MemoryLayout<Entry>.stride)
    guard slotByteCount > 0, slotByteCount & 3 == 0, slotCount > 0, slotCount <= 1 << 16,
      !padded.overflow, !total.overflow, !ledgerByteCount.overflow,
      MemoryLayout<Entry>.alignment <= 16
    else {
      throw AllocationFailure(byteCount: slotByteCount)
    }
    let ledger = try DMABuffer(
      byteCount: ledgerByteCount.partialValue, alignment: 16, from: platform)
    do {
      memory = try DMABuffer(scattering: total.partialValue, from: platform)
    } catch {
      ledger.free(to: platform)
      throw error
    }
    self.ledger = ledger
    self.slotByteCount = slotByteCount
    self.slotStride = slotStride
    lastSlot = UInt16(truncatingIfNeeded: slotCount &- 1)
    for slot in 0..<slotCount {
      let entry = unsafe entry(slot)
      unsafe entry.pointee.base = memory.region.base + slot &* slotStride
      unsafe entry.pointee.byteCount = slotByteCount
      unsafe entry.pointee.note = note
    }
  }

  /// How many slots there are, at least one.
  public var slotCount: Int { Int(lastSlot) &+ 1 }

  /// Where the device sees the first slot.
  public var deviceAddress: DeviceAddress { memory.deviceAddress }
  /// The length of all slots together, and of what lies between them.
  public var byteCount: Int { slotStride &* slotCount }

  private func entry(_ slot: Int) -> UnsafeMutablePointer<Entry> {
    // SAFETY: the ledger holds one entry a slot and nothing else. Its cell was zeroed, the rest of it
    // written when the buffer was made. A number that is no slot's stands for the last.
    let place = Int(bitPattern: min(UInt(bitPattern: slot), UInt(lastSlot)))
    return unsafe (ledger.region.base + place &* MemoryLayout<Entry>.stride)
      .assumingMemoryBound(to: Entry.self)
  }

  /// Whether a loan of `slot` is alive.
  public func isLent(_ slot: Int) -> Bool {
    guard slot >= 0, slot < slotCount else { return false }
    return unsafe entry(slot).pointee.isLent.load(ordering: .acquiring) != 0
  }

  /// Lends `slot`, or nothing if it is lent already or does not exist.
  public mutating func lend(_ slot: Int) -> Loan<Note>? {
    // Nobody else lends, so that what is not lent stays so: no exchange is needed.
    guard slot >= 0, slot < slotCount, !isLent(slot) else { return nil }
    let entry = unsafe entry(slot)
    unsafe entry.pointee.isLent.store(1, ordering: .relaxed)
    return unsafe Loan(entry)
  }

  /// Which slot of this buffer a loan is of; nil if it is of another buffer.
  public func slot(of loan: borrowing Loan<Note>) -> Int? {
    let stride = MemoryLayout<Entry>.stride
    let distance = unsafe UInt(bitPattern: loan.entry) &- UInt(bitPattern: ledger.region.base)
    guard distance < UInt(bitPattern: slotCount &* stride) else { return nil }
    return Int(bitPattern: distance) / stride
  }

  /// What ``Loan/identity`` a loan of `slot` has, which exists.
  package func identity(of slot: Int) -> UInt { unsafe UInt(bitPattern: entry(slot)) }

  /// What is noted for a slot that is not lent; for one that is, nobody may write.
  ///
  /// `slot` has to exist; another stands for the last.
  public subscript(noteOf slot: Int) -> Note {
    get { unsafe entry(slot).pointee.note }
    _modify { yield unsafe &entry(slot).pointee.note }
  }

  /// Before the device reads so many bytes of `slot` from `offset` on: it will find what was drawn
  /// there, once it is told to. They lie inside the slot.
  public func prepareForDeviceReads(of slot: Int, at offset: Int, byteCount: Int) {
    memory.prepareForDeviceReads(at: slot &* slotStride &+ offset, byteCount: byteCount)
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

/// What the ledger says of one slot.
@safe
@usableFromInline
struct LedgerEntry<Note: BitwiseCopyable & Sendable>: ~Copyable {
  let isLent: Atomic<UInt32>
  /// The first byte of the slot.
  var base: UnsafeMutableRawPointer
  /// The length of the slot.
  var byteCount: Int
  var note: Note
}

/// The CPU's exclusive use of one slot of a ``LendingBuffer``; ends when it is dropped.
@safe
@frozen
public struct Loan<Note: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
  // One pointer, so that a loan is passed on in a register.
  @usableFromInline let entry: UnsafeMutablePointer<LedgerEntry<Note>>

  fileprivate init(_ entry: UnsafeMutablePointer<LedgerEntry<Note>>) {
    unsafe self.entry = entry
  }

  /// The length of the slot in bytes.
  public var byteCount: Int {
    // SAFETY: as for `deinit`.
    unsafe entry.pointee.byteCount
  }

  /// Keeps the slot lent, to nobody.
  @inline(__always)
  package consuming func keep() -> KeptLoan<Note> {
    let kept = unsafe KeptLoan(entry: entry)
    discard self
    return kept
  }

  /// A number that no loan of another slot has while this one lives.
  package var identity: UInt { unsafe UInt(bitPattern: entry) }

  deinit {
    // SAFETY: a lending buffer keeps its ledger as long as a loan is alive.
    unsafe entry.pointee.isLent.store(0, ordering: .releasing)
  }

  /// What is noted for the slot.
  public var note: Note {
    // SAFETY: as above; the note of a slot that is lent is the loan's.
    @inline(__always) _read { yield unsafe entry.pointee.note }
    @inline(__always) _modify { yield unsafe &entry.pointee.note }
  }

  /// The slot as 32-bit words.
  public var words: MutableSpan<UInt32> {
    @_lifetime(&self) mutating get {
      // SAFETY: the slot is valid for `byteCount` bytes and nobody else's while `self` lives; the
      // memory is page-aligned and holds plain words.
      let words = unsafe entry.pointee.base.alignedDown(toMultipleOf: 4)
        .assumingMemoryBound(to: UInt32.self)
      let count = Int(bitPattern: UInt(bitPattern: byteCount) / 4)
      let span = unsafe MutableSpan(_unsafeStart: words, count: count)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }
}

/// A loan that nobody has, of a slot that is not lent to anybody else either. One that is dropped stays so
/// for ever.
@safe
package struct KeptLoan<Note: BitwiseCopyable & Sendable>: ~Copyable, @unchecked Sendable {
  fileprivate let entry: UnsafeMutablePointer<LedgerEntry<Note>>

  fileprivate init(entry: UnsafeMutablePointer<LedgerEntry<Note>>) {
    unsafe self.entry = entry
  }

  /// The loan again.
  @inline(__always)
  package consuming func resume() -> Loan<Note> { unsafe Loan(entry) }

  /// What is noted for the slot.
  package var note: Note {
    // SAFETY: as for a loan.
    @inline(__always) _read { yield unsafe entry.pointee.note }
    @inline(__always) _modify { yield unsafe &entry.pointee.note }
  }
}
