internal import KernelAArch64

/// How much is said on the serial line when the kernel cannot go on.
///
/// The ways to say it are held by address, so that an image that asks for the brief one has none of the
/// code of the other.
@safe
public struct Reporting: Sendable {
  /// Reports the fault that left a frame; nil for one line with the registers that tell most.
  let sendFault: (@convention(c) @Sendable (UnsafePointer<UInt64>) -> Void)?
  /// Sends who called whom, from a frame record on; nil if nobody is to know.
  let sendCalls: (@convention(c) @Sendable (UInt64) -> Void)?

  /// One `PANIC: ` line.
  public static var brief: Reporting { unsafe Reporting(sendFault: nil, sendCalls: nil) }

  /// One `PANIC: ` line with a sentence of what happened, who called whom, and in a fault all registers.
  public static var full: Reporting {
    // SAFETY: the frame is the one that the vectors saved.
    unsafe Reporting(
      sendFault: { FaultReport(frame: unsafe ExceptionFrame($0)).send() },
      sendCalls: { record in
        printLine("backtrace:")
        var trace = Backtrace(from: record)
        VirtBoard.sendCalls(&trace)
      })
  }

  // One CPU runs this kernel, and it is written once, before anything could interrupt that.
  nonisolated(unsafe) static var current = Reporting.brief

  /// Reports a fault in one line.
  static func sendBriefly(_ frame: ExceptionFrame, after start: StaticString) {
    var line = Message()
    line.write(start)
    line.write(": exception: ESR ")
    line.write(hexadecimal: frame.syndrome.rawValue)
    line.write(" FAR ")
    line.write(hexadecimal: frame.faultAddress)
    line.write(" ELR ")
    line.write(hexadecimal: frame.instruction)
    printLine(line)
  }
}
