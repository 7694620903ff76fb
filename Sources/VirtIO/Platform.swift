/// What a driver needs of the kernel it runs in: memory that devices can reach, and the time.
///
/// This is the adapter that a kernel writes. Its methods are called by whoever calls the driver, in
/// that context; the driver allocates while it sets something up or takes it down, never while it
/// presents.
public protocol Platform {
  /// How CPU and device share memory on this machine: ``CoherentRegion`` where devices snoop.
  associatedtype Region: DMARegion

  /// Sets aside memory that is contiguous for CPU and device, and zeroed.
  ///
  /// - Parameters:
  ///   - byteCount: How much, more than 0.
  ///   - alignment: The alignment of both addresses in bytes, a power of two up to 4096.
  /// - Returns: A region of exactly `byteCount` bytes, or nil if there is none.
  func allocate(byteCount: Int, alignment: Int) -> Region?

  /// Takes back what ``allocate(byteCount:alignment:)`` or ``allocateScattered(byteCount:)`` returned.
  func free(_ region: Region)

  /// Sets aside memory for pixels that is contiguous for the CPU, and zeroed, but may lie in many pieces for
  /// the device.
  ///
  /// A platform that can map pages does so where no contiguous run is free. One that has no such method
  /// allocates the usual way.
  ///
  /// - Parameter byteCount: How much, more than 0.
  /// - Returns: A region of exactly `byteCount` bytes, aligned to 4096 for the CPU, or nil if there is none.
  ///   Its ``DMARegion/deviceAddress`` is that of its first byte.
  func allocateScattered(byteCount: Int) -> Region?

  /// Where the device sees the byte at `offset` of a region, and how many from there on follow each other
  /// for the device too.
  ///
  /// Neighbouring pieces need not be joined: the driver does that. A platform without scattered memory has no
  /// such method.
  ///
  /// - Parameters:
  ///   - region: What ``allocateScattered(byteCount:)`` returned.
  ///   - offset: In bytes, less than the region's length.
  /// - Returns: A piece of at least one byte, which may reach beyond the region.
  func segment(of region: Region, at offset: Int) -> Segment

  /// The time since some moment in the past; never runs backwards.
  var now: Nanoseconds { get }
}

/// A length of time, or a moment on the ``Platform``'s clock.
public struct Nanoseconds: RawRepresentable, Comparable, Hashable, Sendable {
  /// The number of nanoseconds.
  public let rawValue: UInt64

  /// A time of `rawValue` nanoseconds.
  public init(rawValue: UInt64) {
    self.rawValue = rawValue
  }

  private init(_ count: UInt64, times unit: UInt64) {
    let product = count.multipliedReportingOverflow(by: unit)
    rawValue = product.overflow ? .max : product.partialValue
  }

  /// A time in microseconds; the longest there is if that has no number.
  public static func microseconds(_ count: UInt64) -> Self { Self(count, times: 1000) }
  /// A time in milliseconds; the longest there is if that has no number.
  public static func milliseconds(_ count: UInt64) -> Self { Self(count, times: 1_000_000) }
  /// A time in seconds; the longest there is if that has no number.
  public static func seconds(_ count: UInt64) -> Self { Self(count, times: 1_000_000_000) }

  /// Orders by length.
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  /// How long after `start` this moment is; zero if it is not after it.
  public func since(_ start: Self) -> Self {
    Self(rawValue: rawValue > start.rawValue ? rawValue &- start.rawValue : 0)
  }
}
