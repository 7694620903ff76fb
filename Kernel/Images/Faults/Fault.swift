import KernelAArch64
import VirtBoard
import VirtIO

/// What a program must not do. Each is a function of its own, so that a backtrace names it.
enum Fault {
  /// A number that is 0, which the compiler does not know.
  private static var zero: UInt { UInt(Counter().ticks >> 63) }

  /// Calls itself until the stack is full.
  @inline(never)
  static func overflow(seed: UInt64) -> UInt64 {
    guard seed != UInt64(zero) else { return 0 }
    // Nothing that a loop could do: what is returned is needed after the call.
    return overflow(seed: seed &* 3 | 1) &* 5 ^ seed
  }

  /// Writes to the kernel's code.
  @inline(never)
  static func writeText() {
    let start = UInt(BootFacts.image.lowerBound) &+ zero
    // SAFETY: it is the header of the image, which nothing reads any more, should the store succeed.
    unsafe UnsafeMutablePointer<UInt64>(bitPattern: start)?.pointee = 0
  }

  /// Runs an instruction that lies in memory for data.
  @inline(never)
  static func executeData(on platform: BoardPlatform) -> UInt64 {
    guard let page = platform.allocate(byteCount: 4096, alignment: 4096) else { return 0 }
    let returnInstruction: UInt32 = 0xd65f_03c0
    page.store32(returnInstruction, uncheckedAt: 0)
    // SAFETY: the page is ours, and holds a whole function.
    return unsafe call(UInt(bitPattern: page.base))
  }

  /// Calls a function that is not there.
  @inline(never)
  static func jumpToNull() -> UInt64 {
    call(zero)
  }

  /// Reads where no memory and no device is, nor anything else mapped.
  @inline(never)
  static func readUnmapped() -> UInt64 {
    let nowhere: UInt = 0x20_0000_0000
    // SAFETY: reading has no effect, should it succeed.
    return unsafe UnsafePointer<UInt64>(bitPattern: nowhere + zero)?.pointee ?? 0
  }

  /// What the function at `address` returns, and 1: so that there is something to come back for.
  @inline(__always)
  private static func call(_ address: UInt) -> UInt64 {
    // SAFETY: whatever is there returns, should it run at all.
    unsafe unsafeBitCast(address, to: (@convention(c) () -> UInt64).self)() &+ 1
  }
}
