internal import KernelAArch64

/// What an exception leaves on the serial line: one sentence, the registers, and who called whom.
struct FaultReport {
  let frame: ExceptionFrame

  /// Sends all of it, `PANIC: ` first.
  func send() {
    var line = Message()
    line.write("PANIC: ")
    writeSentence(to: &line)
    printLine(line)
    sendSystemRegisters()
    sendGeneralRegisters()
    sendBacktrace()
  }

  // MARK: The sentence

  private var syndrome: ExceptionSyndrome { frame.syndrome }

  /// What happened, why, and where.
  private func writeSentence(to line: inout Message) {
    switch frame.kind {
    case .synchronous: break
    case .interrupt: return writeEvent("unexpected interrupt", to: &line)
    case .fastInterrupt: return writeEvent("unexpected fast interrupt", to: &line)
    case .systemError: return writeEvent("system error", to: &line)
    }
    if syndrome.exceptionClass.isInstructionAbort {
      writeJump(to: &line)
    } else if syndrome.exceptionClass.isDataAbort {
      writeAccess(to: &line)
    } else {
      line.write(
        syndrome.exceptionClass == .breakpointInstruction ? "trap" : "unexpected exception")
    }
    line.write(": ")
    write(syndrome, to: &line)
    if syndrome.exceptionClass.isInstructionAbort {
      line.write(", from ")
      line.write(hexadecimal: frame.x(30) &- 4)
    } else {
      line.write(", in ")
      line.write(hexadecimal: frame.instruction)
    }
  }

  private func writeEvent(_ event: StaticString, to line: inout Message) {
    line.write(event)
    line.write(", in ")
    line.write(hexadecimal: frame.instruction)
  }

  private func writeJump(to line: inout Message) {
    if frame.faultAddress < 4096 {
      line.write("jump to ")
    } else if syndrome.faultStatus.isPermissionFault {
      line.write("execution of data at ")
    } else {
      line.write(
        syndrome.faultStatus.isTranslationFault ? "jump to unmapped memory at " : "jump to ")
    }
    line.write(hexadecimal: frame.faultAddress)
  }

  private func writeAccess(to line: inout Message) {
    line.write(overflow)
    line.write(syndrome.isWrite ? "write to " : "read from ")
    if syndrome.faultStatus.isTranslationFault {
      line.write("unmapped ")
    } else if syndrome.faultStatus.isPermissionFault {
      line.write(syndrome.isWrite ? "read-only " : "forbidden ")
    }
    line.write("memory at ")
    line.write(hexadecimal: frame.faultAddress)
  }

  /// Which stack was overflown, if one was.
  private var overflow: StaticString {
    if overflows(.main) { return "stack overflow: " }
    if overflows(.interrupts) { return "interrupt stack overflow: " }
    return overflows(.faults) ? "fault stack overflow: " : ""
  }

  private func overflows(_ stack: KernelStack.Use) -> Bool {
    !syndrome.lacksAddress && KernelStack.of(stack).overflow.contains(frame.faultAddress)
  }

  /// The class, and the status of an abort.
  private func write(_ syndrome: ExceptionSyndrome, to line: inout Message) {
    line.write(syndrome.exceptionClass.words)
    guard syndrome.exceptionClass.isInstructionAbort || syndrome.exceptionClass.isDataAbort else {
      return
    }
    line.write(", ")
    line.write(syndrome.faultStatus.words)
    guard let level = syndrome.faultStatus.level else { return }
    line.write(level < 0 ? " at level -" : " at level ")
    line.write(UInt64(level.magnitude))
  }

  // MARK: The registers

  /// ESR with its meaning, which it has in all but interrupts, then the others.
  private func sendSystemRegisters() {
    var line = Message()
    write("ESR ", syndrome.rawValue, to: &line)
    if frame.kind == .synchronous || frame.kind == .systemError {
      line.write(": ")
      write(syndrome, to: &line)
      if syndrome.exceptionClass.isDataAbort {
        line.write(syndrome.isWrite ? ", write" : ", read")
        if syndrome.isCacheMaintenance { line.write(", cache maintenance") }
        if syndrome.lacksAddress { line.write(", FAR not valid") }
      }
    }
    printLine(line)
    line = Message()
    write("FAR ", frame.faultAddress, to: &line)
    write(" ELR ", frame.instruction, to: &line)
    write(" SPSR ", frame.state, to: &line)
    write(" sp ", frame.stackPointer, to: &line)
    printLine(line)
  }

  /// x0 to x30, four a line.
  private func sendGeneralRegisters() {
    var line = Message()
    for number in 0...30 {
      line.write("x")
      line.write(UInt64(number))
      write(number < 10 ? "  " : " ", frame.x(number), to: &line)
      if number & 3 == 3 || number == 30 {
        printLine(line)
        line = Message()
      } else {
        line.write(" ")
      }
    }
  }

  private func write(_ name: StaticString, _ value: UInt64, to line: inout Message) {
    line.write(name)
    line.write(paddedHexadecimal: value)
  }

  // MARK: The backtrace

  /// The instruction, then the calls that led to it. Where no code is, what x30 says is the call.
  ///
  /// In a function that keeps no frame, x30 holds who called it; in any other, perhaps something older.
  private func sendBacktrace() {
    var trace = Backtrace(from: frame.x(29))
    printLine("backtrace:")
    if trace.isCode(frame.instruction) { sendCall(frame.instruction, note: "") }
    let call = frame.x(30) &- 4
    if trace.isCode(call) {
      sendCall(call, note: trace.isCode(frame.instruction) ? " by x30" : "")
    }
    sendCalls(&trace)
  }
}

/// Sends the lines of a backtrace.
@inline(never)
func sendCalls(_ trace: inout Backtrace) {
  while let call = trace.next() { sendCall(call, note: "") }
}

@inline(never)
private func sendCall(_ address: UInt64, note: StaticString) {
  var line = Message()
  line.write("  at ")
  line.write(hexadecimal: address)
  line.write(note)
  printLine(line)
}
