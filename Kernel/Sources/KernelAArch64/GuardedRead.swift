internal import KernelBoot

/// A read of a register of which only the device tree says that it is there.
public enum GuardedRead {
  /// Reads 32 bits of mapped device memory, at a multiple of 4. Does not block.
  ///
  /// Where nothing is, the bus ends the access with an external abort, as a fault anywhere else.
  ///
  /// - Returns: nil if nobody answers.
  public static func read32(at address: UInt) -> UInt32? {
    UInt32(exactly: kernel_read_guarded(address))
  }
}
