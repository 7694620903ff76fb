import Foundation

/// The memory of the modelled machine: a block of the host's, at a guest address.
///
/// The driver gets pointers into it, as on a real machine; everybody else goes by address, and what
/// lies outside reads as 0.
@safe
final class GuestMemory {
  /// Where the guest sees the first byte.
  static let start: UInt64 = 0x4000_0000

  let byteCount: Int
  private let allocation: UnsafeMutableRawPointer
  /// The first page boundary in it.
  private let block: UnsafeMutableRawPointer
  /// The caches between the driver and this memory; none if the device snoops them.
  var caches: CachedMemory?

  init(byteCount: Int) {
    self.byteCount = byteCount
    // Zeroed by the host page by page, as they are touched: most of it never is.
    guard let allocation = unsafe calloc(byteCount + 4096, 1) else {
      fatalError("the host has no \(byteCount) bytes for a model's memory")
    }
    unsafe self.allocation = allocation
    // SAFETY: there is a page more than needed, so that the block fits behind the boundary.
    unsafe block = allocation.alignedUp(toMultipleOf: 4096)
  }

  deinit {
    unsafe free(allocation)
  }

  /// Whether all of `count` bytes from `address` on are memory.
  func contains(_ address: UInt64, _ count: Int) -> Bool {
    guard address >= Self.start, count >= 0 else { return false }
    let offset = address &- Self.start
    return offset <= UInt64(byteCount) && UInt64(count) <= UInt64(byteCount) &- offset
  }

  /// Where the host sees `count` bytes; nil if they are not memory.
  func pointer(to address: UInt64, _ count: Int) -> UnsafeMutableRawPointer? {
    guard contains(address, count) else { return nil }
    // SAFETY: the bytes lie in the block, as was just checked.
    return unsafe block + Int(address &- Self.start)
  }

  /// The bytes at `address`; none if they are not all memory.
  func bytes(at address: UInt64, _ count: Int) -> [UInt8] {
    guard let pointer = unsafe pointer(to: address, count) else { return [] }
    caches?.willRead(address, count)
    // SAFETY: `pointer` is valid for `count` bytes.
    return unsafe [UInt8](UnsafeRawBufferPointer(start: pointer, count: count))
  }

  /// Writes bytes, if there is memory for all of them.
  func write(_ bytes: [UInt8], at address: UInt64) {
    guard let pointer = unsafe pointer(to: address, bytes.count) else { return }
    caches?.willWrite(address, bytes.count)
    // SAFETY: `pointer` is valid for as many bytes.
    unsafe pointer.copyMemory(from: bytes, byteCount: bytes.count)
  }

  /// Writes the same byte `count` times.
  func fill(_ value: UInt8, at address: UInt64, _ count: Int) {
    guard let pointer = unsafe pointer(to: address, count) else { return }
    // SAFETY: `pointer` is valid for `count` bytes.
    unsafe memset(pointer, Int32(value), count)
  }

  /// Whether all of `count` bytes are `value`.
  func isFilled(with value: UInt8, at address: UInt64, _ count: Int) -> Bool {
    guard let pointer = unsafe pointer(to: address, count) else { return true }
    // SAFETY: `pointer` is valid for `count` bytes.
    return unsafe UnsafeRawBufferPointer(start: pointer, count: count).allSatisfy { $0 == value }
  }

  /// A little-endian number of `width` bytes.
  func load(_ address: UInt64, _ width: Int) -> UInt64 {
    guard let pointer = unsafe pointer(to: address, width) else { return 0 }
    caches?.willRead(address, width)
    if width == 2 {
      // SAFETY: as below; most accesses are of this width.
      return UInt64(UInt16(littleEndian: unsafe pointer.loadUnaligned(as: UInt16.self)))
    }
    var value: UInt64 = 0
    for index in 0..<width {
      // SAFETY: `pointer` is valid for `width` bytes.
      value |= UInt64(unsafe pointer.load(fromByteOffset: index, as: UInt8.self)) << (8 * index)
    }
    return value
  }

  /// Stores a little-endian number of `width` bytes.
  func store(_ value: UInt64, _ address: UInt64, _ width: Int) {
    guard let pointer = unsafe pointer(to: address, width) else { return }
    caches?.willWrite(address, width)
    for index in 0..<width {
      let byte = UInt8(truncatingIfNeeded: value >> (8 * index))
      // SAFETY: `pointer` is valid for `width` bytes.
      unsafe pointer.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
    }
  }

  /// A fingerprint of `count` bytes.
  func fingerprint(of address: UInt64, _ count: Int) -> UInt64 {
    guard let pointer = unsafe pointer(to: address, count) else { return 0 }
    // SAFETY: `pointer` is valid for `count` bytes.
    return unsafe UnsafeRawBufferPointer(start: pointer, count: count)
      .reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}

/// A range of guest memory.
struct ModelRange: Hashable {
  var start: UInt64
  var byteCount: UInt64

  /// Whether the two share a byte.
  func overlaps(_ other: Self) -> Bool {
    let (first, second) = start <= other.start ? (self, other) : (other, self)
    return first.byteCount > 0 && second.byteCount > 0
      && second.start &- first.start < first.byteCount
  }

  /// Whether `other` lies wholly inside.
  func contains(_ other: Self) -> Bool {
    guard other.start >= start else { return false }
    let offset = other.start &- start
    return offset <= byteCount && other.byteCount <= byteCount &- offset
  }
}
