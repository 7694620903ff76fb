internal import KernelAArch64
internal import KernelBoot
internal import VirtIO

/// Shows the report of a crash where people look, once all of it has gone over the serial line.
///
/// It is held by address, so that an image that has none has none of the code either.
public struct CrashHandler: Sendable {
  let show: @convention(c) @Sendable () -> Bool

  /// A handler by what it does.
  ///
  /// - Parameter show: Shows ``CrashReport/text``, and says whether people can see it. It is called once
  ///   at the most, from any state of the kernel, with everything masked, on a stack of 256 KiB of its own.
  ///   Whatever it finds, its work is bounded; it takes no memory of the board. Should it end in an
  ///   exception, that is one line, and the machine is switched off.
  public init(_ show: @escaping @convention(c) @Sendable () -> Bool) { self.show = show }
}

/// What is reported of a crash.
public enum CrashReport {
  /// The lines as they went over the serial line, each with its end; the first 8 KiB of them.
  ///
  /// For a ``CrashHandler``; empty at any other time.
  public static var text: Span<UInt8> {
    @_lifetime(immortal) get { Crash.text }
  }
}

extension Board {
  /// Has a handler called when the kernel cannot go on: after a ``panic(_:)`` or a fault has been reported,
  /// before the machine is switched off. With `crash=halt` among the arguments the machine stays, if the
  /// handler says that people can see something.
  ///
  /// Takes three pages for the report. A handler that is installed later takes the place of the first.
  ///
  /// - Returns: Whether there was memory.
  public func install(_ handler: CrashHandler) -> Bool {
    guard let region = platform.allocate(byteCount: Crash.byteCount, alignment: 4096) else {
      return false
    }
    Crash.install(handler, in: region, stays: arguments.has("crash", "halt"))
    return true
  }
}

/// The end of the kernel.
enum Crash {
  /// How far it has come.
  private enum Stage {
    case none
    case reporting
    case handling
    case over
  }

  /// A handler, and the report for it, which lies behind.
  private struct Record {
    let handler: CrashHandler
    let stays: Bool
    var stage = Stage.none
    var byteCount = 0
    var isShown = false
  }

  // One CPU runs this kernel. The record is made once, before a crash, and then changed by who has masked
  // everything. An image that makes none has none of the code that would use it.
  nonisolated(unsafe) private static var record: UnsafeMutablePointer<Record>?

  /// How much of a report is kept, and how much memory that takes.
  private static var limit: Int { 8192 }
  private static var reportOffset: Int { 256 }
  static var byteCount: Int { reportOffset &+ limit }

  static func install(_ handler: CrashHandler, in region: CoherentRegion, stays: Bool) {
    // SAFETY: the region is never given back, it is large enough, and nobody else knows of it.
    let place = unsafe region.base.bindMemory(to: Record.self, capacity: 1)
    unsafe place.initialize(to: Record(handler: handler, stays: stays))
    unsafe record = place
  }

  /// Where the report goes.
  private static func text(_ record: UnsafeMutablePointer<Record>) -> UnsafeMutableRawPointer {
    unsafe UnsafeMutableRawPointer(record) + reportOffset
  }

  /// Whether the handler is at work, or was.
  static var isHandled: Bool {
    guard let record = unsafe record else { return false }
    return unsafe record.pointee.stage == .handling || record.pointee.stage == .over
  }

  /// A report begins; one that had begun is forgotten. Nothing interrupts it.
  static func begin() {
    InterruptMask.setAll()
    guard let record = unsafe record else { return }
    unsafe record.pointee.stage = isHandled ? .over : .reporting
    unsafe record.pointee.byteCount = 0
  }

  /// Keeps a part of the report.
  @inline(never)
  static func note(_ part: Span<UInt8>) {
    guard let record = unsafe record, unsafe record.pointee.stage == .reporting else { return }
    let start = unsafe record.pointee.byteCount
    let count = min(part.count, limit &- start)
    for index in 0..<count {
      unsafe text(record).storeBytes(
        of: part[index], toByteOffset: start &+ index, as: UInt8.self)
    }
    unsafe record.pointee.byteCount = start &+ count
  }

  /// The report, as far as it has come.
  static var text: Span<UInt8> {
    @_lifetime(immortal) get {
      guard let record = unsafe record else { return Span() }
      // SAFETY: the memory is never given back, and so much of it was written.
      let span = unsafe Span<UInt8>(
        _unsafeStart: text(record).assumingMemoryBound(to: UInt8.self),
        count: record.pointee.byteCount)
      return unsafe _overrideLifetime(span, copying: ())
    }
  }

  /// The report is complete: has it shown, and switches the machine off or rests.
  static func end() -> Never {
    if let record = unsafe record, unsafe record.pointee.stage == .reporting {
      unsafe record.pointee.stage = .handling
      kernel_call_on_crash_stack {
        guard let record = unsafe Crash.record else { return }
        unsafe record.pointee.isShown = record.pointee.handler.show()
      }
      unsafe record.pointee.stage = .over
      if unsafe record.pointee.isShown, unsafe record.pointee.stays {
        Timer.stop()
        Processor.idle()
      }
    }
    Outlet.current.firmware.powerOff()
  }

  /// The handler ended in an exception: one line, if this is the first.
  static func fail(_ frame: ExceptionFrame) -> Never {
    if let record = unsafe record, unsafe record.pointee.stage == .handling {
      unsafe record.pointee.stage = .over
      Reporting.sendBriefly(frame, after: "crash screen")
    }
    Outlet.current.firmware.powerOff()
  }
}
