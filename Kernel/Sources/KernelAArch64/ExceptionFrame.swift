internal import KernelBoot

/// What was interrupted: all registers, as the vectors saved them.
///
/// A description without an owner, valid until the vectors return.
@safe
public struct ExceptionFrame {
  private let words: UnsafePointer<UInt64>

  /// The frame at an address that the vectors passed.
  @unsafe
  public init(_ words: UnsafePointer<UInt64>) {
    unsafe self.words = words
  }

  private func word(_ index: Int32) -> UInt64 {
    // SAFETY: the frame has `KERNEL_FRAME_WORDS` words, and those of this type's properties lie in it.
    unsafe words[Int(index)]
  }

  /// A general register: x0 to x30. Any other number is x30.
  public func x(_ number: Int) -> UInt64 {
    word(Int32(truncatingIfNeeded: min(max(number, 0), 30)))
  }

  /// The stack pointer.
  public var stackPointer: UInt64 { word(KERNEL_FRAME_SP) }
  /// ELR_EL1: the instruction.
  public var instruction: UInt64 { word(KERNEL_FRAME_ELR) }
  /// SPSR_EL1: the processor's state.
  public var state: UInt64 { word(KERNEL_FRAME_SPSR) }
  /// ESR_EL1: the reason.
  public var syndrome: ExceptionSyndrome {
    ExceptionSyndrome(rawValue: word(KERNEL_FRAME_ESR))
  }
  /// FAR_EL1: the address whose access was refused, in an abort.
  public var faultAddress: UInt64 { word(KERNEL_FRAME_FAR) }

  /// What kind of event it was.
  public var kind: Kind { Kind(rawValue: UInt8(word(KERNEL_FRAME_VECTOR) & 3)) ?? .synchronous }

  /// The events that have vectors.
  public enum Kind: UInt8, Sendable {
    /// The instruction itself.
    case synchronous
    /// An interrupt.
    case interrupt
    /// A fast interrupt.
    case fastInterrupt
    /// An error that comes to light later.
    case systemError
  }
}
