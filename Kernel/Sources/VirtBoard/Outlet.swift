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
public func printLine(_ message: Message) {
  let line: Message = "\(message)\n"
  Outlet.current.console?.send(line.text)
}

/// Says why the kernel cannot go on, and switches the machine off.
public func panic(_ message: Message) -> Never {
  printLine("PANIC: \(message)")
  Outlet.current.firmware.powerOff()
}

/// Switches the machine off.
public func powerOff() -> Never {
  Outlet.current.firmware.powerOff()
}

/// Does nothing, for ever.
public func idle() -> Never {
  Processor.idle()
}

// MARK: Called by boot.S

// Exceptions so far: one CPU, and nothing interrupts the report of one but another.
nonisolated(unsafe) private var faultCount = 0

/// Reports an exception. The boot code calls this, on a stack of its own.
///
/// A report that ends in an exception itself is made again where QEMU has its serial line, for the
/// tree's may be what is wrong; then the machine is switched off without a word.
@c(kernel_fault)
public func reportFault(
  _ syndrome: UInt64, _ instruction: UInt64, _ address: UInt64, _ vector: UInt64
) {
  unsafe faultCount &+= 1
  switch unsafe faultCount {
  case 1: break
  case 2: Outlet.current = .lastResort
  case 3: Firmware.lastResort.powerOff()
  default: Processor.idle()
  }
  panic(
    """
    unexpected exception: vector \(vector), ESR \(hexadecimal: syndrome), \
    at \(hexadecimal: instruction), address \(hexadecimal: address)
    """)
}

/// Ends the kernel when `main` returns. The boot code calls this.
@c(kernel_exit)
public func returnFromMain() {
  powerOff()
}
