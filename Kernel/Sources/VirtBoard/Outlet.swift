internal import KernelAArch64

/// The ways out of the kernel that must work from anywhere, at any time: the serial line and the power
/// switch. Until the device tree has said where they are, a last resort serves a panic.
struct Outlet {
  var console: Console?
  var firmware: Firmware

  /// The last resort: where QEMU's `virt` has its serial line, and the call that fits the level at
  /// which the kernel was entered.
  static var lastResort: Outlet {
    Outlet(console: Console(base: 0x0900_0000), firmware: .lastResort)
  }

  // One CPU runs this kernel, and it is written once, before anything could interrupt that.
  nonisolated(unsafe) private static var known: Outlet?

  static var current: Outlet {
    get { unsafe known ?? lastResort }
    set {
      unsafe known = newValue
      newValue.console?.enable()
    }
  }
}

/// Sends a line over the serial line.
@inline(never)
public func printLine(_ message: Message) {
  let end: InlineArray<1, UInt8> = [UInt8(ascii: "\n")]
  let console = Outlet.current.console
  console?.send(message.text)
  console?.send(end.span)
  Crash.note(message.text)
  Crash.note(end.span)
  BoardLog.note(message.text)
  BoardLog.note(end.span)
}

/// Takes a byte that somebody has sent over the serial line; nil if there is none. Does not block: who wants to miss
/// nothing asks as often as somebody can type.
public func receiveByte() -> UInt8? { Outlet.current.console?.receive() }

/// Says why the kernel cannot go on, and who called this if the board's ``Reporting`` is full; has that
/// shown by the ``CrashHandler`` if there is one; and switches the machine off.
public func panic(_ message: Message) -> Never {
  Crash.begin()
  let start: Message = "PANIC: "
  Outlet.current.console?.send(start.text)
  Crash.note(start.text)
  BoardLog.note(start.text)
  printLine(message)
  if let sendCalls = unsafe Reporting.current.sendCalls { sendCalls(Backtrace.innermostRecord) }
  Crash.end()
}

/// Switches the machine off.
public func powerOff() -> Never {
  Outlet.current.firmware.powerOff()
}

/// Does nothing, for ever.
public func idle() -> Never {
  Processor.idle()
}

// MARK: Called by boot.S and exceptions.S

// One CPU, and nothing interrupts the report of a fault but another.
nonisolated(unsafe) private var faultCount = 0

/// Reports an exception, has that shown if there is a ``CrashHandler``, and switches the machine off. The
/// vectors call this, on a stack of its own.
///
/// A report that ends in an exception itself is made again where QEMU has its serial line, for the
/// tree's may be what is wrong; then the machine is switched off without a word. A handler that ends so
/// gets one line.
@unsafe
@c(kernel_fault)
public func reportFault(_ frame: UnsafePointer<UInt64>) {
  if Crash.isHandled { Crash.fail(unsafe ExceptionFrame(frame)) }
  Crash.begin()
  unsafe faultCount &+= 1
  switch unsafe faultCount {
  case 1: break
  case 2: Outlet.current = .lastResort
  case 3: Firmware.lastResort.powerOff()
  default: Processor.idle()
  }
  // SAFETY: the vectors pass the frame that they saved.
  if let sendFault = unsafe Reporting.current.sendFault {
    unsafe sendFault(frame)
  } else {
    Reporting.sendBriefly(unsafe ExceptionFrame(frame), after: "PANIC")
  }
  Crash.end()
}

/// Ends the kernel when `main` returns. The boot code calls this.
@c(kernel_exit)
public func returnFromMain() {
  powerOff()
}
