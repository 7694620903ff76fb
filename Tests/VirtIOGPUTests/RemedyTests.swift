import Testing
import VirtIO

@testable import VirtIOGPU

/// What errors say can be done about them.
@Suite struct RemedyTests {
  private static let subject = CommandSubject(.getDisplayInfo)

  @Test("a device that has to start over, one that is well, and what nothing helps against")
  func errors() {
    let scanout = ScanoutID(rawValue: 0)
    let recover: [GPUError] = [
      .needsReset, .timedOut(Self.subject, needsReset: false),
      .timedOut(Self.subject, needsReset: true), .queue(.broken(.usedElement(id: 7))),
      .queue(.disabled), .device(.neverReset(status: [])), .device(.wrongStatus(found: [])),
      .device(.featuresRefused(accepted: [])), .device(.queueNeverReset(index: 0)),
      .device(.queueRefused(index: 0, isKept: true)),
    ]
    for error in recover { #expect(error.remedy == .recover, "\(error)") }
    let retry: [GPUError] = [
      .busy, .noFrame(scanout), .noScanout,
      .scanoutDisabled(scanout), .queue(.full), .queue(.inFlight),
      .device(.configurationUnstable),
    ]
    for error in retry { #expect(error.remedy == .retry, "\(error)") }
    let none: [GPUError] = [
      .staleFrame, .invalidSize(width: 0, height: 0), .invalidCursorImage(pixelCount: 1),
      .notOffered(.edid), .queue(.tooLong), .device(.wrongType(expected: 16, found: 1)),
      .device(.missingFeatures(required: [], offered: [])),
      .device(.configurationTooSmall(byteCount: 0, needed: 16)),
      .device(.queueMissing(index: 0)), .device(.queueTooSmall(index: 0, size: 1)),
      .device(.notificationOutOfRange(index: 0, offset: 0)),
    ]
    for error in none { #expect(error.remedy == .none, "\(error)") }
  }

  @Test("G03: what each answer with an error is worth")
  func answers() {
    let scanout = ScanoutID(rawValue: 0)
    let codes: [(UInt32, GPUError.Remedy)] = [
      (0x1200, .retry), (0x1201, .retry), (0x1202, .recover), (0x1203, .recover),
      (0x1204, .recover), (0x1205, .none), (0x12ff, .retry),
    ]
    for (code, remedy) in codes {
      let reason = CommandFailure.Reason.refused(ResponseType(rawValue: code))
      for command: CommandType in [.transferToHost2D, .resourceFlush, .getEDID] {
        let subject = CommandSubject(command, scanout: scanout)
        #expect(CommandFailure(subject: subject, reason: reason).remedy == remedy, "\(code)")
      }
      // Without these there is no frame; the cursor's resource can be tried again.
      for command: CommandType in [.resourceCreate2D, .resourceAttachBacking, .setScanout] {
        let subject = CommandSubject(command, scanout: scanout)
        let expected = remedy == .none ? remedy : .recover
        #expect(CommandFailure(subject: subject, reason: reason).remedy == expected, "\(code)")
        let cursor = CommandFailure(subject: CommandSubject(command), reason: reason)
        #expect(cursor.remedy == remedy)
      }
    }
    let confused: [CommandFailure.Reason] = [
      .unexpected(.okEDID), .short(byteCount: 3), .fence(expected: 1, found: nil),
    ]
    for reason in confused {
      #expect(CommandFailure(subject: Self.subject, reason: reason).remedy == .recover)
    }
  }
}
