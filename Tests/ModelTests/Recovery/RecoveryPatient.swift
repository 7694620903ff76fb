import Testing
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOTesting

/// How long it waits for each answer: on the model that is a number of polls.
let recoveryPatience = PollingWaiter(timeout: .milliseconds(3))

/// What a program does with a display, one after the other.
enum RecoveryStep {
  /// A whole new picture, on a scanout.
  case frame(Int)
  /// A picture that differs by two rectangles.
  case damage(Int)
  /// A whole new picture that may take the place of one that waits.
  case mailbox(Int)
  /// Wait for all that was presented.
  case finish
  case setCursor(x: UInt32, y: UInt32)
  case moveCursor(x: UInt32, y: UInt32)
  case hideCursor
  /// The display at the first scanout is resized, and the program takes note.
  case resize(width: UInt32, height: UInt32)
  case edid(Int)
}

/// A picture of a scanout as the program has presented it.
struct RecoveryPicture: Equatable {
  let width: Int
  let height: Int
  var words: [UInt32]

  /// Whether a scanout shows it.
  func isShown(_ picture: Picture?) -> Bool {
    guard let picture, picture.width == width, picture.height == height else { return false }
    return words.indices.allSatisfy { picture[$0 % width, $0 / width].rgb == words[$0] }
  }
}

/// The cursor as the program wants it.
struct RecoveryCursor: Equatable {
  var x: UInt32
  var y: UInt32
  let hotspotX: UInt32
  let words: [UInt32]

  init(x: UInt32, y: UInt32, hotspotX: UInt32, words: [UInt32]) {
    (self.x, self.y, self.hotspotX, self.words) = (x, y, hotspotX, words)
  }

  /// A cursor that a scanout shows.
  init(_ cursor: ModelCursor) {
    (x, y, hotspotX) = (cursor.x, cursor.y, cursor.hotspotX)
    let bytes = cursor.pixels
    words = stride(from: 0, to: bytes.count, by: 4).map { start in
      (0..<4).reduce(0) { $0 | UInt32(bytes[start + $1]) << UInt32(8 * $1) }
    }
  }
}

/// A program with a display on a model, that does what each error says is its remedy, and then goes on.
struct RecoveryPatient<P: Platform, T: Transport & ~Copyable>: ~Copyable {
  let machine: ModelMachine
  var display: Display<P, T>
  let buffers: BufferCount
  private var number = 0
  /// What was presented last on each scanout.
  private(set) var presented: [Int: RecoveryPicture] = [:]
  /// Where the only slot may be half-drawn.
  private var unknown: Set<Int> = []
  private var underWay: [Presentation] = []
  private var cursor: RecoveryCursor?
  /// Whether an image was not taken, and may have replaced the last one all the same.
  private var cursorIsUnknown = false
  private(set) var errors: [GPUError] = []
  private(set) var recoveryCount = 0
  /// What is wrong.
  private(set) var complaints: [String] = []

  init(
    _ machine: ModelMachine, _ transport: consuming T, on platform: P, buffers: BufferCount
  ) throws(GPUError) {
    self.machine = machine
    self.buffers = buffers
    display = try Display.open(
      transport, on: platform, buffers: buffers, waiting: recoveryPatience)
  }

  // MARK: Steps

  /// Takes a step; if it fails, mends that and takes it again.
  mutating func take(_ step: RecoveryStep) {
    for _ in 0..<5 {
      do throws(GPUError) {
        return try perform(step)
      } catch {
        mend(error, step)
      }
    }
    complaints.append("\(step) never succeeds: \(errors)")
  }

  private mutating func mend(_ error: GPUError, _ step: RecoveryStep) {
    errors.append(error)
    switch error.remedy {
    case .retry: break
    case .none: complaints.append("\(step) cannot be mended: \(error)")
    case .recover: recover()
    }
  }

  /// Has the display start over, and looks at what is to be seen.
  mutating func recover() {
    recoveryCount += 1
    let allocations = machine.allocationCount
    do throws(GPUError) {
      try display.recover(waiting: recoveryPatience)
    } catch {
      complaints.append("recovery fails: \(error)")
    }
    if machine.allocationCount != allocations { complaints.append("recovery allocates") }
    check("after recovery")
  }

  /// Compares what is to be seen.
  mutating func check(_ time: String) {
    for (scanout, picture) in presented
    where !unknown.contains(scanout) && !picture.isShown(machine.pixels(ofScanout: scanout)) {
      complaints.append("scanout \(scanout) shows another picture \(time)")
    }
    if !cursorIsUnknown, machine.cursor(ofScanout: 0).map(RecoveryCursor.init) != cursor {
      complaints.append("the cursor is another \(time)")
    }
  }

  private mutating func perform(_ step: RecoveryStep) throws(GPUError) {
    switch step {
    case .frame(let scanout): try present(on: scanout, as: .queued)
    case .mailbox(let scanout): try present(on: scanout, as: .mailbox)
    case .damage(let scanout): try presentDamage(on: scanout)
    case .finish: try finish()
    case .setCursor(let x, let y): try setCursor(x, y)
    case .moveCursor(let x, let y):
      cursor?.x = x
      cursor?.y = y
      try display.moveCursor(toX: x, y: y)
    case .hideCursor:
      cursor = nil
      try display.hideCursor()
    case .resize(let width, let height):
      machine.setOutput(0, to: .init(width: width, height: height))
      _ = try display.takeDisplayEvent(waiting: recoveryPatience)
    case .edid(let scanout):
      let id = ScanoutID(rawValue: UInt32(scanout))
      let edid = try display.readEDID(of: id, waiting: recoveryPatience)
      if edid.bytes.count < 128 { complaints.append("the EDID is short") }
    }
  }

  private mutating func present(on scanout: Int, as policy: PresentationPolicy) throws(GPUError) {
    var frame = try display.nextFrame(
      on: ScanoutID(rawValue: UInt32(scanout)), waiting: recoveryPatience)
    number += 1
    LifeTests.draw(&frame, frame.bounds, number)
    let picture = Self.picture(of: &frame)
    if buffers == .one { unknown.insert(scanout) }
    underWay.append(try display.present(frame, as: policy))
    presented[scanout] = picture
    unknown.remove(scanout)
  }

  private mutating func presentDamage(on scanout: Int) throws(GPUError) {
    var frame = try display.nextFrame(
      on: ScanoutID(rawValue: UInt32(scanout)), waiting: recoveryPatience)
    guard let last = presented[scanout], last.width == frame.width, last.height == frame.height
    else { return _ = consume frame }
    number += 1
    LifeTests.draw(&frame, frame.staleRegion, of: last.words)
    let areas = [
      Rectangle(x: number % 5, y: number % 3, width: 4, height: 3),
      Rectangle(x: frame.width - 5, y: number % 4, width: 5, height: 2),
    ]
    for area in areas { LifeTests.draw(&frame, area, number) }
    let picture = Self.picture(of: &frame)
    if buffers == .one { unknown.insert(scanout) }
    underWay.append(try display.present(frame, damage: areas.span))
    presented[scanout] = picture
    unknown.remove(scanout)
  }

  private static func picture(of frame: inout Frame) -> RecoveryPicture {
    let (width, height) = (frame.width, frame.height)
    let pixels = frame.pixels
    return RecoveryPicture(
      width: width, height: height, words: pixels.indices.map { pixels[$0] & 0xff_ffff })
  }

  /// Waits for what is under way. Who was told of a failure of a frame does not ask again.
  private mutating func finish() throws(GPUError) {
    while let first = underWay.first {
      do throws(GPUError) {
        try display.finish(first, waiting: recoveryPatience)
      } catch {
        if error.remedy == .retry { underWay.removeFirst() }
        throw error
      }
      underWay.removeFirst()
    }
  }

  private mutating func setCursor(_ x: UInt32, _ y: UInt32) throws(GPUError) {
    number += 1
    let seed = UInt32(number)
    let image = (0..<64 * 64).map { UInt32($0) &* 0x9e37_79b9 ^ seed << 8 }
    cursorIsUnknown = true
    try display.setCursor(
      image.span, hotspotX: seed % 60, hotspotY: 2, x: x, y: y, waiting: recoveryPatience)
    cursorIsUnknown = false
    cursor = RecoveryCursor(x: x, y: y, hotspotX: seed % 60, words: image)
  }

  // MARK: The end

  /// Shows one more picture on each scanout that has one, then closes; says all that is wrong.
  consuming func finishAll() -> [String] {
    for _ in 0..<2 {
      for scanout in presented.keys.sorted() { take(.frame(scanout)) }
      take(.finish)
    }
    check("at the end")
    var complaints = complaints
    do throws(GPUError) {
      try display.close(waiting: recoveryPatience)
    } catch {
      // A fault that nobody has met before is said here.
      if !errors.isEmpty || error.remedy != .recover {
        complaints.append("closing fails: \(error)")
      }
    }
    complaints += machine.finish().map { "\($0)" }
    if machine.liveAllocationCount != 0 { complaints.append("memory is lost") }
    return complaints
  }

  /// Closes, as things are.
  consuming func closeAtOnce() throws(GPUError) {
    try display.close(waiting: recoveryPatience)
  }
}
