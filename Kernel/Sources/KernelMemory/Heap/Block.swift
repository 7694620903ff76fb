/// What stands before each block of a heap: 16 bytes.
struct BlockHeader: BitwiseCopyable {
  /// How many units of 16 bytes the block has, this header among them; 0 ends a region.
  var unitCount: UInt32

  /// The same of the block before it; 0 for the first of a region.
  var previousUnitCount: UInt32

  /// 0 if the block is free; else 1 more than the bytes at its end that were not asked for.
  var state: UInt32

  /// Follows from the others and the address, so that no other bytes pass for a header.
  var check: UInt32

  var isFree: Bool { state == 0 }

  /// The block's size in bytes.
  var byteCount: Int { Int(unitCount) &<< 4 }

  /// The size of the block before it in bytes.
  var previousByteCount: Int { Int(previousUnitCount) &<< 4 }

  /// How many bytes at the end of a block in use were not asked for.
  var unusedByteCount: Int { Int(state &- 1) }
}

/// A block of a heap, free or in use: its address and what is written there.
///
/// Only heaps make them, of addresses in their own pages.
@safe struct Block: Equatable {
  /// The address of the header: a multiple of 16.
  let address: UInt

  /// The bytes of a header, and so the unit of sizes.
  static var headerByteCount: Int { 16 }

  /// The bytes of the smallest block: a header, and two links while it is free.
  static var minimumByteCount: Int { 32 }

  // SAFETY: blocks lie in pages of their heap, none of which is at address 0.
  private var pointer: UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(bitPattern: address).unsafelyUnwrapped
  }

  /// The block that so many bytes on starts.
  func advanced(by byteCount: Int) -> Block {
    Block(address: address &+ UInt(bitPattern: byteCount))
  }

  // MARK: The header

  /// The header, if it is whole.
  var header: BlockHeader? {
    // SAFETY: these 16 aligned bytes are in the heap's pages, and any bits make a header.
    let header = unsafe pointer.load(as: BlockHeader.self)
    return header.check == check(header) ? header : nil
  }

  /// Writes a header.
  func write(byteCount: Int, previous: Int, state: UInt32) {
    var header = BlockHeader(
      unitCount: UInt32(truncatingIfNeeded: byteCount &>> 4),
      previousUnitCount: UInt32(truncatingIfNeeded: previous &>> 4), state: state, check: 0)
    header.check = check(header)
    // SAFETY: these 16 aligned bytes are in the heap's pages.
    unsafe pointer.storeBytes(of: header, as: BlockHeader.self)
  }

  private func check(_ header: BlockHeader) -> UInt32 {
    let sizes = UInt64(header.unitCount) | UInt64(header.previousUnitCount) &<< 32
    return UInt32(
      truncatingIfNeeded: Self.mix(sizes ^ Self.mix(UInt64(address) ^ UInt64(header.state) &<< 32)))
  }

  /// The block's size. Valid where the header is known to be whole.
  var byteCount: Int {
    // SAFETY: as for `header`.
    unsafe pointer.load(as: BlockHeader.self).byteCount
  }

  // MARK: The links of a free block

  subscript(link: FreeTree.Side) -> UInt {
    get {
      // SAFETY: a free block has at least 32 bytes, in the heap's pages.
      unsafe (pointer + link.rawValue).load(as: UInt.self)
    }
    nonmutating set {
      // SAFETY: as above.
      unsafe (pointer + link.rawValue).storeBytes(of: newValue, as: UInt.self)
    }
  }

  /// A number that has nothing to do with where the block lies among others.
  var priority: UInt64 { Self.mix(UInt64(address)) }

  private static func mix(_ value: UInt64) -> UInt64 {
    let product = (value ^ value &>> 32) &* 0x9FB2_1C65_1E98_DF25
    return (product ^ product &>> 29) &* 0xD6E8_FEB8_6659_FD93
  }

  // MARK: What is inside

  /// Writes a byte to a part of the block.
  func fill(_ range: Range<Int>, with byte: UInt8) {
    // SAFETY: callers name a part of a block that is theirs to write, in the heap's pages.
    unsafe (pointer + range.lowerBound)
      .initializeMemory(as: UInt8.self, repeating: byte, count: range.count)
  }

  /// Whether a part of the block holds nothing but this byte.
  func holds(_ byte: UInt8, in range: Range<Int>) -> Bool {
    // SAFETY: callers name a part of a block, in the heap's pages, and any bits make bytes.
    let bytes = unsafe RawSpan(_unsafeStart: pointer + range.lowerBound, byteCount: range.count)
    for offset in 0..<bytes.byteCount
    where unsafe bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) != byte {
      return false
    }
    return true
  }
}
