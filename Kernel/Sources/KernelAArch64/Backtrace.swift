internal import KernelBoot

/// Who called whom: the chain of frame records that functions leave on the stacks.
///
/// It trusts nothing: a record that does not lie in a stack or leads back on it, or an address that is
/// not in the code, ends it, and so do 32 calls.
///
/// - Spec: Procedure Call Standard for the Arm 64-bit Architecture §6.4.6 "The Frame Pointer"
public struct Backtrace: Sendable {
  private let code: Range<UInt64>
  private let stacks: InlineArray<3, Range<UInt64>>
  private var record: UInt64
  private var remaining = 32

  /// The calls that led to the function whose record lies at `record`.
  public init(from record: UInt64) {
    self.init(
      from: record, code: kernel_image_start()..<kernel_text_end(),
      stacks: [
        KernelStack.of(.main).memory, KernelStack.of(.interrupts).memory,
        KernelStack.of(.faults).memory,
      ])
  }

  /// Where the record of the function that asks for this lies.
  @inline(__always)
  public static var innermostRecord: UInt64 { kernel_frame_pointer() }

  /// A chain in memory that may be read wherever `stacks` say.
  init(from record: UInt64, code: Range<UInt64>, stacks: InlineArray<3, Range<UInt64>>) {
    self.record = record
    self.code = code
    self.stacks = stacks
  }

  /// Whether an address is in the kernel's code.
  public func isCode(_ address: UInt64) -> Bool { code.contains(address) && address & 3 == 0 }

  /// The address of the next call, from the innermost out; nil at the end.
  public mutating func next() -> UInt64? {
    guard remaining > 0, record & 7 == 0, let stack = stack(of: record),
      let words = unsafe UnsafePointer<UInt64>(bitPattern: UInt(record))
    else { return nil }
    remaining &-= 1
    // SAFETY: both words lie in a stack, which is mapped.
    let (outer, returnAddress) = unsafe (words[0], words[1])
    // Stacks grow down: who called lies above, or interrupted from another stack.
    let leadsBack = stack.contains(outer) && outer <= record
    record = leadsBack ? 0 : outer
    let call = returnAddress &- 4
    guard isCode(call) else {
      record = 0
      return nil
    }
    return call
  }

  /// The stack that a whole record lies in.
  private func stack(of record: UInt64) -> Range<UInt64>? {
    for index in stacks.indices {
      let stack = stacks[index]
      if stack.contains(record), stack.upperBound &- record >= 16 { return stack }
    }
    return nil
  }
}
