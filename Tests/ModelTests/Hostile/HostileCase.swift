import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// How the driver comes out of a case, once the device behaves again.
///
/// What a row of the catalogue of hostile devices calls ignored, degraded or a request error is `goesOn` here:
/// the display was not lost. The names of the tests say which of them it is.
enum HostileEnding {
  /// The same display delivers pictures.
  case goesOn
  /// After a reset there are pictures.
  case reset
}

/// The end of every case of a hostile device on the model, and what all of them share.
enum HostileCase {
  /// How long everything may take that one end does, on the model's clock.
  private static let limit = Nanoseconds.milliseconds(400)

  /// Ends a case: from here on the device behaves, and the driver has to deliver an exact picture in time, and
  /// to give all its memory back.
  ///
  /// ``HostileEnding/reset`` means that it starts over in place; what could not be opened is opened again.
  ///
  /// - Parameter display: What there is of it; nil if it could not be opened.
  static func end(
    _ display: consuming ModelDisplay?, on machine: ModelMachine, _ ending: HostileEnding,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    machine.clearFaults()
    let start = machine.platform.now
    var display = display
    if ending == .reset {
      if var broken = display.take() {
        try broken.recover(waiting: patience)
        display = consume broken
      } else {
        #expect(machine.liveAllocationCount == 0, sourceLocation: sourceLocation)
        display = try machine.open()
      }
    }
    guard var living = display.take() else {
      Issue.record("there is no display", sourceLocation: sourceLocation)
      return
    }
    let isExact = try deliver(&living, on: machine)
    #expect(isExact, sourceLocation: sourceLocation)
    let duration = machine.platform.now.since(start)
    #expect(duration < limit, "\(duration.rawValue) ns", sourceLocation: sourceLocation)
    try living.close(waiting: patience)
    #expect(machine.liveAllocationCount == 0, sourceLocation: sourceLocation)
  }

  /// Presents a frame, of which each pixel is different; whether it is on the display, exactly.
  ///
  /// What failed before may be told once more.
  private static func deliver(_ display: inout ModelDisplay, on machine: ModelMachine) throws
    -> Bool
  {
    for attempt in 0..<3 {
      do {
        var frame = try display.nextFrame(waiting: patience)
        LifeTests.draw(&frame, frame.bounds, 77)
        try display.finish(try display.present(frame), waiting: patience)
        break
      } catch {
        if attempt == 2 { throw error }
      }
    }
    let scanout = display.scanouts[0]
    guard let picture = machine.pixels(ofScanout: 0), picture.width == Int(scanout.width),
      picture.height == Int(scanout.height)
    else { return false }
    return (0..<picture.height).allSatisfy { y in
      (0..<picture.width).allSatisfy { x in picture[x, y].rgb == LifeTests.color(x, y, 77) }
    }
  }

  /// A machine of the usual kind but for what is changed.
  static func machine(_ change: (inout ModelConfiguration) -> Void = { _ in }) -> ModelMachine {
    var configuration = ModelConfiguration()
    configuration.traceLimit = 0
    configuration.outputs = [.init(width: 16, height: 12)]
    configuration.memoryByteCount = 2 << 20
    change(&configuration)
    return ModelMachine(configuration)
  }

  /// Opens a display on a device that makes that fail; why, and that nothing is left of it.
  static func refusal(of machine: ModelMachine, waiting waiter: PollingWaiter = patience) throws
    -> GPUError?
  {
    do {
      let display = try Display.open(
        machine.makeTransport(), on: machine.platform, waiting: waiter)
      try display.close(waiting: patience)
      return nil
    } catch let error as GPUError {
      return error
    }
  }

  /// Presents a frame and waits for it; what that throws.
  static func frameError(_ display: inout ModelDisplay) -> GPUError? {
    do throws(GPUError) {
      let frame = try display.nextFrame(waiting: patience)
      try display.finish(try display.present(frame), waiting: patience)
      return nil
    } catch {
      return error
    }
  }
}
