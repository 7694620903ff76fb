internal import KernelBoot

/// One of the kernel's stacks.
public struct KernelStack: Equatable, Sendable {
  /// What is never mapped, so that running off the stack is noticed: below ``memory``.
  public let overflow: Range<UInt64>
  /// What it uses, from its end down.
  public let memory: Range<UInt64>

  /// What runs on it.
  public enum Use: Int, Sendable {
    /// Everything but the others.
    case main
    /// Interrupt handlers.
    case interrupts
    /// The report of a fault.
    case faults
    /// What is shown of a crash once it is reported.
    case crash
  }

  /// A stack with a guard from `guardStart` on, and memory from `bottom` to `top`.
  init(guardStart: UInt64, bottom: UInt64, top: UInt64) {
    overflow = guardStart..<max(bottom, guardStart)
    memory = bottom..<max(top, bottom)
  }

  /// The stack of the image for one use.
  public static func of(_ use: Use) -> KernelStack {
    let place = 3 &* use.rawValue
    // SAFETY: the linker's table has three words for each use.
    return unsafe KernelStack(
      guardStart: kernel_stacks()[place], bottom: kernel_stacks()[place &+ 1],
      top: kernel_stacks()[place &+ 2])
  }
}
