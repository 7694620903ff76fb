import KernelMemory

#if canImport(Glibc)
import Glibc
#endif

/// Ordinary memory that stands for RAM: addresses are pointers.
@safe final class Memory {
  private let base: UnsafeMutableRawPointer
  private let isMapped: Bool
  let bounds: Range<UInt64>

  init(pageCount: Int) {
    let byteCount = pageCount * 4096
    unsafe base = .allocate(byteCount: byteCount, alignment: 1 << 20)
    isMapped = false
    // What RAM holds before it is written must not matter.
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0xA5, count: byteCount)
    let start = unsafe UInt64(UInt(bitPattern: base))
    bounds = start..<start + UInt64(byteCount)
  }

  #if canImport(Glibc)
  /// Memory of which only what is touched is there.
  init?(sparsePageCount: Int) {
    let byteCount = sparsePageCount * 4096
    let mapped = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    guard let mapped = unsafe mapped, UInt(bitPattern: mapped) != UInt.max else { return nil }
    unsafe base = mapped
    isMapped = true
    let start = UInt64(UInt(bitPattern: mapped))
    bounds = start..<start + UInt64(byteCount)
  }

  /// How many of the first pages there are.
  func residentCount(of pageCount: Int) -> Int? {
    var resident = [UInt8](repeating: 0, count: pageCount)
    guard unsafe mincore(base, pageCount * 4096, &resident) == 0 else { return nil }
    return resident.count { $0 & 1 == 1 }
  }
  #endif

  deinit {
    #if canImport(Glibc)
    if isMapped {
      unsafe munmap(base, Int(bounds.upperBound - bounds.lowerBound))
      return
    }
    #endif
    unsafe base.deallocate()
  }

  /// Pages of it, by number.
  func pages(_ range: Range<Int>) -> Range<UInt64> {
    bounds.lowerBound + UInt64(range.lowerBound) * 4096..<bounds.lowerBound + UInt64(
      range.upperBound) * 4096
  }

  /// An allocator of all of it.
  func allocator() throws(PageError) -> PageAllocator {
    try PageAllocator(banks: [bounds].span, reserved: [Range<UInt64>]().span)
  }

  /// Writes a run from end to end, as its owner would.
  func fill(_ run: PageRun) {
    fill(UInt(run.address), byteCount: run.byteCount, with: 0xFF)
  }

  /// Writes bytes, as their owner would.
  func fill(_ address: UInt, byteCount: Int, with byte: UInt8) {
    let offset = Int(UInt64(address) - bounds.lowerBound)
    unsafe (base + offset).initializeMemory(as: UInt8.self, repeating: byte, count: byteCount)
  }

  subscript(address: UInt) -> UInt8 {
    get {
      unsafe base.load(fromByteOffset: Int(UInt64(address) - bounds.lowerBound), as: UInt8.self)
    }
    set { fill(address, byteCount: 1, with: newValue) }
  }

  /// Whether bytes are all the same.
  func holds(_ byte: UInt8, at address: UInt, byteCount: Int) -> Bool {
    guard byteCount > 0 else { return true }
    guard self[address] == byte else { return false }
    #if canImport(Glibc)
    let first = unsafe base + Int(UInt64(address) - bounds.lowerBound)
    return unsafe memcmp(first, first + 1, byteCount - 1) == 0
    #else
    return (0..<UInt(byteCount)).allSatisfy { self[address + $0] == byte }
    #endif
  }
}

/// A fixed sequence: SplitMix64.
struct Sequence: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }

  /// A number from 0 on, below `bound`.
  mutating func number(below bound: Int) -> Int { Int(truncatingIfNeeded: next() >> 33) % bound }
}

/// What an operation ended with.
func outcome<Value, Failure: Error>(
  _ body: () throws(Failure) -> Value
) -> Result<Value, Failure> {
  do throws(Failure) { return .success(try body()) } catch { return .failure(error) }
}

/// Why an operation failed, if it did.
func failure<Failure: Error>(_ body: () throws(Failure) -> Void) -> Failure? {
  do throws(Failure) {
    try body()
    return nil
  } catch {
    return error
  }
}

extension Array {
  mutating func swapRemove(at index: Int) -> Element {
    swapAt(index, count - 1)
    return removeLast()
  }
}
