/// DMA memory with one owner.
///
/// The owner may read and write the bytes through spans while no device uses them. To hand memory to
/// a device is to submit something that names it; from then until the completion the owner keeps the
/// buffer but takes no span of what is in flight.
///
/// Memory is given back by ``free(to:)`` only. A buffer that is dropped is *lost*, on purpose: its
/// memory may still be written by a device that was not reset, and lost memory is harmless where
/// reused memory is not.
@safe
public struct DMABuffer<Region: DMARegion>: ~Copyable {
  /// What the buffer owns.
  let region: Region

  /// Takes `byteCount` bytes, zeroed, from `platform`; more, if that is not a number of whole
  /// ``DMARegion/lineByteCount``, so that no line is shared with anybody else.
  ///
  /// - Parameters:
  ///   - byteCount: How many bytes are needed.
  ///   - alignment: The alignment of both addresses in bytes, a power of two.
  ///   - platform: Where they come from, and are to be given back to.
  /// - Throws: ``AllocationFailure`` if the platform has no such range.
  public init<P: Platform>(byteCount: Int, alignment: Int, from platform: borrowing P)
    throws(AllocationFailure) where P.Region == Region
  {
    let rest = Region.lineByteCount &- 1
    let padded = byteCount.addingReportingOverflow(rest)
    guard !padded.overflow,
      let region = platform.allocate(
        byteCount: padded.partialValue & ~rest, alignment: max(alignment, Region.lineByteCount))
    else { throw AllocationFailure(byteCount: byteCount) }
    // A platform that errs is found out here, and not by what a device writes to where nobody knows. What it has
    // given is not given back: who knows whose it is.
    guard region.holds(byteCount, alignedTo: max(alignment, Region.lineByteCount)) else {
      throw AllocationFailure(byteCount: byteCount)
    }
    self.init(taking: region)
  }

  /// Owns a region that is zeroed and nobody else's.
  init(taking region: Region) {
    self.region = region
    // The zeroes are still in the caches, from where they could be written over anything later.
    region.prepareForDeviceWrites(uncheckedAt: 0, byteCount: region.byteCount)
  }

  /// Where the device sees the first byte.
  public var deviceAddress: DeviceAddress { region.deviceAddress }
  /// The length in bytes.
  public var byteCount: Int { region.byteCount }

  /// The length, of which the compiler sees that it is not negative.
  private var length: Int { region.byteCount & .max }

  /// The bytes, to read. None of them may be in flight.
  public var bytes: RawSpan {
    @_lifetime(borrow self) get {
      // SAFETY: the region is valid for `byteCount` bytes while `self`, its owner, lives.
      let span = unsafe RawSpan(_unsafeStart: region.base, byteCount: length)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The bytes, to write. None of them may be in flight.
  public var mutableBytes: MutableRawSpan {
    @_lifetime(&self) mutating get {
      // SAFETY: as above; `self` is held exclusively while the span lives.
      let span = unsafe MutableRawSpan(_unsafeStart: region.base, byteCount: length)
      return unsafe _overrideLifetime(span, mutating: &self)
    }
  }

  /// Loads 64 bits with one load, in no order with others. `offset` is a multiple of 8 inside the buffer,
  /// which is checked in debug builds only.
  @inline(__always)
  package func load64(uncheckedAt offset: Int) -> UInt64 { region.load64(uncheckedAt: offset) }

  /// Stores 32 bits with one store, in no order with others; `offset` is a multiple of 4.
  @inline(__always)
  package func store32(_ value: UInt32, uncheckedAt offset: Int) {
    region.store32(value, uncheckedAt: offset)
  }

  /// Stores 64 bits with one store, in no order with others; `offset` as for a load.
  @inline(__always)
  package func store64(_ value: UInt64, uncheckedAt offset: Int) {
    region.store64(value, uncheckedAt: offset)
  }

  // MARK: Changing hands

  /// Before the device reads so many bytes from `offset` on: it will find what was written here, once
  /// they are submitted. They lie inside the buffer.
  public func prepareForDeviceReads(at offset: Int, byteCount: Int) {
    region.prepareForDeviceReads(uncheckedAt: offset, byteCount: byteCount)
  }

  /// Before the device writes so many bytes from `offset` on. They are whole
  /// ``DMARegion/lineByteCount``, or share the last only with bytes that nobody writes.
  public func prepareForDeviceWrites(at offset: Int, byteCount: Int) {
    region.prepareForDeviceWrites(uncheckedAt: offset, byteCount: byteCount)
  }

  /// After the device has written so many bytes from `offset` on, before they are read here.
  public func prepareForCPUReads(at offset: Int, byteCount: Int) {
    region.prepareForCPUReads(uncheckedAt: offset, byteCount: byteCount)
  }

  /// Gives the memory back, unless a device may still use it: then it is lost.
  ///
  /// In a method, as Swift 6.3 cannot optimise a buffer that is consumed in one branch and dropped in the
  /// other.
  package consuming func free<P: Platform>(to platform: borrowing P, unless isInUse: Bool)
  where P.Region == Region {
    if !isInUse { platform.free(region) }
  }

  /// Gives the memory back. No device may use it any more.
  public consuming func free<P: Platform>(to platform: borrowing P) where P.Region == Region {
    platform.free(region)
  }
}

/// A ``Platform`` had no memory for a request.
public struct AllocationFailure: Error, Equatable, Sendable {
  /// How many contiguous bytes were asked for.
  public let byteCount: Int

  package init(byteCount: Int) { self.byteCount = byteCount }
}
