import KernelMemory

/// Ordinary memory that stands for RAM: addresses are pointers.
@safe final class Memory {
  private let base: UnsafeMutableRawPointer
  let bounds: Range<UInt64>

  init(pageCount: Int) {
    let byteCount = pageCount * 4096
    unsafe base = .allocate(byteCount: byteCount, alignment: 1 << 20)
    // What RAM holds before it is written must not matter.
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0xA5, count: byteCount)
    let start = unsafe UInt64(UInt(bitPattern: base))
    bounds = start..<start + UInt64(byteCount)
  }

  deinit { unsafe base.deallocate() }

  /// Pages of it, by number.
  func pages(_ range: Range<Int>) -> Range<UInt64> {
    bounds.lowerBound + UInt64(range.lowerBound) * 4096..<bounds.lowerBound + UInt64(
      range.upperBound) * 4096
  }

  /// Writes a run from end to end, as its owner would.
  func fill(_ run: PageRun) {
    let offset = Int(run.address - bounds.lowerBound)
    unsafe (base + offset).initializeMemory(as: UInt8.self, repeating: 0xFF, count: run.byteCount)
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
}

/// What an operation ended with.
func outcome<Value>(_ body: () throws(PageError) -> Value) -> Result<Value, PageError> {
  do throws(PageError) { return .success(try body()) } catch { return .failure(error) }
}
