import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

@Suite("Numbers of the protocol")
struct CodeTests {
  @Test("commands")
  func commands() {
    let types: [CommandType] = [
      .getDisplayInfo, .resourceCreate2D, .resourceUnref, .setScanout, .resourceFlush,
      .transferToHost2D, .resourceAttachBacking, .resourceDetachBacking, .getEDID, .updateCursor,
      .moveCursor,
    ]
    #expect(
      types.map(\.rawValue) == [
        0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x10a, 0x300, 0x301,
      ])
  }

  @Test("responses")
  func responses() {
    let successes: [ResponseType] = [.okNoData, .okDisplayInfo, .okEDID]
    #expect(successes.map(\.rawValue) == [0x1100, 0x1101, 0x1104])
    let errors: [ResponseType] = [
      .unspecified, .outOfMemory, .invalidScanoutID, .invalidResourceID, .invalidContextID,
      .invalidParameter,
    ]
    #expect(errors.map(\.rawValue) == [0x1200, 0x1201, 0x1202, 0x1203, 0x1204, 0x1205])
    #expect(successes.allSatisfy { !$0.isError } && errors.allSatisfy(\.isError))
  }

  @Test(
    "an error is 0x12xx and nothing else",
    arguments: [
      (0x1206, true), (0x12ff, true), (0x1300, false), (0x1_1200, false), (0, false),
      (0x11ff, false), (0xffff_ffff, false),
    ] as [(UInt32, Bool)])
  func errors(code: UInt32, isError: Bool) {
    #expect(ResponseType(rawValue: code).isError == isError)
  }

  @Test("formats")
  func formats() {
    let formats: [PixelFormat] = [
      .b8g8r8a8, .b8g8r8x8, .a8r8g8b8, .x8r8g8b8, .r8g8b8a8, .x8b8g8r8, .a8b8g8r8, .r8g8b8x8,
    ]
    #expect(formats.map(\.wireValue) == [1, 2, 3, 4, 67, 68, 121, 134])
  }

  @Test("feature bits, scanouts, device type")
  func constants() {
    let features: [GPUFeatures] = [
      .virgl, .edid, .resourceUUID, .resourceBlob, .contextInit, .blobAlignment,
    ]
    #expect(features.map(\.rawValue) == [1, 2, 4, 8, 16, 32])
    #expect(ScanoutID.limit == 16 && ResourceID.none.rawValue == 0)
    #expect(TestDisplay.deviceType == 16 && cursorSize == 64)
  }

  @Test("FEAT-2, GPU-D-2, GPU-D-3: a feature goes without what it depends on")
  func dependencies() {
    for raw in 0..<UInt64(64) {
      let features = GPUFeatures(rawValue: raw)
      let result = features.withDependencies
      #expect(
        result.contains(.contextInit)
          == (features.contains(.contextInit) && features.contains(.virgl)))
      #expect(
        result.contains(.blobAlignment)
          == (features.contains(.blobAlignment) && features.contains(.resourceBlob)))
      let others: GPUFeatures = [.virgl, .edid, .resourceUUID, .resourceBlob]
      #expect(result.intersection(others) == features.intersection(others))
    }
  }

  @Test("errors name the command, the resource and the scanout")
  func describing() {
    let subject = CommandSubject(
      .setScanout, resource: ResourceID(rawValue: 3), scanout: ScanoutID(rawValue: 1))
    let plain = CommandSubject(.getDisplayInfo)
    func failure(_ reason: CommandFailure.Reason) -> String {
      text(of: GPUError.command(CommandFailure(subject: subject, reason: reason)))
    }
    let start = "command 0x103 on resource 3 for scanout 1 was "
    #expect(failure(.refused(.invalidParameter)) == start + "refused with 0x1205")
    #expect(failure(.unexpected(.okEDID)) == start + "answered with 0x1104")
    #expect(failure(.short(byteCount: 4)) == start + "answered with only 4 bytes")
    #expect(
      failure(.fence(expected: 9, found: nil))
        == start + "answered without its fence: expected 9, found 0")
    #expect(
      text(of: GPUError.timedOut(plain, needsReset: true))
        == "command 0x100 was not answered in time: the device needs a reset")
    #expect(
      text(of: GPUError.timedOut(plain, needsReset: false))
        == "command 0x100 was not answered in time")
    #expect(text(of: GPUError.invalidSize(width: 0, height: 7)) == "no picture can be 0x7")
    #expect(text(of: GPUError.noFrame(ScanoutID(rawValue: 2))).hasSuffix("scanout 2"))
    #expect(text(of: GPUError.scanoutDisabled(ScanoutID(rawValue: 2))).hasSuffix("scanout 2"))
    #expect(text(of: GPUError.invalidCursorImage(pixelCount: 9)).hasSuffix("found 9"))
    #expect(text(of: GPUError.invalidHotspot(x: 64, y: 7)).hasSuffix("found 64, 7"))
    #expect(text(of: GPUError.notOffered(.edid)).hasSuffix("0x2"))
    #expect(text(of: GPUError.device(.queueMissing(index: 1))) == "the device has no queue 1")
    #expect(text(of: GPUError.queue(.full)) == text(of: QueueError.full))
    let rest: [GPUError] = [.busy, .noScanout, .staleFrame]
    #expect(Set(rest.map { text(of: $0) }).count == 3)
  }
}
