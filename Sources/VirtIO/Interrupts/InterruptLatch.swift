internal import Synchronization

/// Where interrupts leave word for the driver: one atomic cell in the platform's memory.
///
/// It is a description without an owner, as a ``DMARegion`` is: valid while the buffer is that
/// ``DMABuffer/interruptLatch(at:)`` made it of.
@safe
public struct InterruptLatch: @unchecked Sendable {
  private let cell: UnsafeMutablePointer<Atomic<UInt32>>

  /// What is in the cell.
  private struct Word: OptionSet {
    let rawValue: UInt32
    /// Something was signalled, and nobody who waits has taken it.
    static var wake: Self { Self(rawValue: 1 << 0) }
    /// The configuration may have changed, and nobody has looked.
    static var configuration: Self { Self(rawValue: 1 << 1) }
  }

  init(_ cell: UnsafeMutablePointer<Atomic<UInt32>>) {
    unsafe self.cell = cell
  }

  private func insert(_ word: Word) {
    // Releasing: whoever takes it finds all that the interrupt's context has seen.
    // SAFETY: whoever has a latch keeps its buffer.
    _ = unsafe cell.pointee.bitwiseOr(word.rawValue, ordering: .releasing)
  }

  private func take(_ word: Word) -> Bool {
    // SAFETY: as above.
    let old = unsafe cell.pointee.bitwiseAnd(~word.rawValue, ordering: .acquiring).oldValue
    return old & word.rawValue != 0
  }

  /// Notes causes, and wakes whoever waits.
  public func signal(_ causes: InterruptCauses) {
    insert(causes.contains(.configuration) ? [.wake, .configuration] : .wake)
  }

  /// Whether something was signalled that ``takeWake()`` has not taken.
  public var isAwake: Bool {
    // SAFETY: as above.
    unsafe cell.pointee.load(ordering: .acquiring) & Word.wake.rawValue != 0
  }

  /// Takes note of what was signalled: true once for all signals since the last time.
  public func takeWake() -> Bool { take(.wake) }

  /// Whether the configuration may have changed since the last time; whoever asks will look.
  public func takeConfigurationChange() -> Bool { take(.configuration) }

  /// Has the next ``takeConfigurationChange()`` say yes, and wakes nobody.
  public func suspectConfiguration() { insert(.configuration) }
}

extension DMABuffer {
  /// A latch in four bytes of this buffer that are zeroed and nobody else's, nor on a
  /// ``DMARegion/lineByteCount`` with anything that is shared with a device.
  ///
  /// - Parameter offset: A multiple of 4 inside the buffer, which is checked in debug builds only.
  public func interruptLatch(at offset: Int) -> InterruptLatch {
    assert(offset >= 0 && offset & 3 == 0 && offset <= region.byteCount &- 4)
    // SAFETY: the cell lies in the region, whose base is aligned to more than it needs: an offset that is
    // none stands for the last.
    let last = UInt(bitPattern: region.byteCount) &- 4
    let place = Int(bitPattern: min(UInt(bitPattern: offset), last) & ~3)
    let cell = unsafe (region.base + place).assumingMemoryBound(to: Atomic<UInt32>.self)
    return unsafe InterruptLatch(cell)
  }
}
