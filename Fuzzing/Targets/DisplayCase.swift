import FuzzInputs
import VirtIO
import VirtIOGPU
import VirtIOGraphics

/// A display whose device answers what an input says, while the program does what the same input says; in the end
/// the device behaves, and there has to be a picture again.
struct DisplayCase: ~Copyable {
  /// What is at stake.
  enum Subject {
    case control, cursor, capsets
  }

  private typealias FuzzDisplay = Display<FuzzPlatform, FuzzDevice>

  private let input: FuzzInput
  private let subject: Subject
  private let platform = FuzzPlatform()
  private let gpu: FuzzGPU
  private let choice: UInt8
  private var frame: Frame?
  private var presentation: Presentation?
  /// Whether what was opened has ended.
  private var lookCount = 0

  private static var patience: PollingWaiter { .polling(.microseconds(30)) }
  /// How often the clock may be looked at in one call: a few waits one after the other.
  private static var lookLimit: Int { 1500 }

  init(_ bytes: Span<UInt8>, _ subject: Subject) {
    input = FuzzInput(bytes)
    self.subject = subject
    choice = input.byte()
    // EDID always; capability sets where they are the subject.
    var features: UInt64 = subject == .capsets ? 3 : 2
    features |= UInt64(choice & 3) << 34 | UInt64(choice >> 2 & 1) << 29
    gpu = FuzzGPU(
      on: platform, input, features: Features(rawValue: features).union(.ringReset),
      hostileQueue: subject == .cursor ? 1 : 0)
  }

  consuming func run() throws(Finding) {
    var display = try open()
    if display == nil {
      try check(platform.liveCount == 0, "\(platform.liveCount) blocks are lost by opening")
      input.end()
      platform.failsIn = nil
      gpu.behave()
      display = try open()
    }
    guard var living = display.take() else { throw Finding("display: a good device is refused") }
    while !input.isOver { try step(&living) }
    frame = nil
    platform.failsIn = nil
    platform.largestBlock = 1 << 16
    gpu.behave()
    try end(living)
    try check(platform.liveCount == 0, "\(platform.liveCount) blocks are lost")
  }

  private mutating func open() throws(Finding) -> FuzzDisplay? {
    do throws(GPUError) {
      return try FuzzDisplay.open(
        gpu.device, on: platform, wanting: subject == .capsets ? .virgl : [],
        buffers: choice & 8 != 0 ? .one : .two, waiting: Self.patience)
    } catch {
      try judge(error)
      return nil
    }
  }

  /// The device behaves: a picture comes, and then all ends well.
  private mutating func end(_ display: consuming FuzzDisplay) throws(Finding) {
    do throws(GPUError) {
      try display.recover(waiting: Self.patience)
      for _ in 0..<3 {
        let frame = try display.nextFrame(waiting: Self.patience)
        try display.finish(try display.present(frame), waiting: Self.patience)
      }
      try display.moveCursor(toX: 1, y: 1)
      try display.close(waiting: Self.patience)
    } catch {
      throw Finding("display: a good device does not come back: \(error)")
    }
  }

  // MARK: What the program does

  private mutating func step(_ display: inout FuzzDisplay) throws(Finding) {
    lookCount = platform.lookCount
    let accessCount = gpu.device.accessCount
    do throws(GPUError) {
      switch subject {
      case .control: try control(&display)
      case .cursor: try cursor(&display)
      case .capsets: try capsets(&display)
      }
    } catch {
      try judge(error)
    }
    let looks = platform.lookCount - lookCount
    try check(looks <= Self.lookLimit, "a call looks at the clock \(looks) times")
    let accesses = gpu.device.accessCount - accessCount
    try check(accesses <= 4000, "a call accesses \(accesses) registers")
  }

  private mutating func control(_ display: inout FuzzDisplay) throws(GPUError) {
    let code = input.byte()
    switch code & 15 {
    case 0, 1, 2: try showFrame(&display)
    case 3: frame = try display.tryNextFrame()
    case 4:
      if let frame = frame.take() { presentation = try display.present(frame) }
    case 5: try presentDamage(&display)
    case 6:
      if let presentation { try display.finish(presentation, waiting: Self.patience) }
    case 7: _ = try display.takeDisplayEvent(waiting: Self.patience)
    case 8:
      _ = try display.readEDID(of: ScanoutID(rawValue: UInt32(code >> 4)), waiting: Self.patience)
    case 9: _ = display.modes(of: ScanoutID(rawValue: 0))
    case 10:
      try display.setMode(width: UInt32(code >> 4) + 1, height: UInt32(input.byte() & 15) + 1)
    case 11: try display.followDisplay()
    case 12: try display.recover(waiting: Self.patience)
    case 13: try display.drain()
    case 14: platform.failsIn = input.number(below: 4)
    default: try layOut(&display, code >> 4)
    }
  }

  private mutating func showFrame(_ display: inout FuzzDisplay) throws(GPUError) {
    let frame = try display.nextFrame(waiting: Self.patience)
    presentation = try display.present(frame)
  }

  private mutating func presentDamage(_ display: inout FuzzDisplay) throws(GPUError) {
    guard let frame = frame.take() else { return }
    let damage = [
      Rectangle(x: Int(input.byte() & 7), y: 0, width: 3, height: 2),
      Rectangle(x: 0, y: Int(input.byte() & 7), width: Int(input.byte()), height: 1),
    ]
    presentation = try display.present(
      frame, damage: damage.span, as: input.byte() & 1 == 0 ? .queued : .mailbox)
  }

  private mutating func layOut(_ display: inout FuzzDisplay, _ detail: UInt8) throws(GPUError) {
    let scanout = ScanoutID(rawValue: UInt32(detail & 3))
    switch detail >> 2 {
    case 0: try display.mirror(ScanoutID(rawValue: 0), on: scanout)
    case 1: try display.pan(toX: Int(input.byte()), y: 0)
    case 2: try display.useFallbackMode()
    default: platform.largestBlock = input.byte() & 1 == 0 ? 1 << 16 : 4096
    }
  }

  private mutating func cursor(_ display: inout FuzzDisplay) throws(GPUError) {
    let code = input.byte()
    switch code & 7 {
    case 0:
      let side = UInt32(code >> 4) + 1
      let image = [UInt32](repeating: .max, count: Int(side * side))
      try display.setCursor(
        image.span, width: side, height: side, hotspotX: 0, hotspotY: 0, x: 1, y: 1,
        waiting: Self.patience)
    case 1, 2, 3: try display.moveCursor(toX: UInt32(code >> 3), y: 1)
    case 4: try display.hideCursor()
    case 5: try display.restartCursorQueue(waiting: Self.patience)
    case 6: try showFrame(&display)
    default: if code >> 3 < 4 { try display.recover(waiting: Self.patience) }
    }
  }

  private mutating func capsets(_ display: inout FuzzDisplay) throws(GPUError) {
    let code = input.byte()
    let set: CapabilitySet?
    if code & 7 == 6 { platform.failsIn = 0 }
    if code & 1 == 0 {
      let sets = try display.readCapabilitySets(waiting: Self.patience)
      set = sets.count > 0 ? sets.sets[Int(code >> 4) % sets.count] : nil
    } else {
      set = CapabilitySet(
        id: .virgl, maximumVersion: 1,
        maximumByteCount: code & 2 == 0 ? UInt32(code >> 2) : input.word32())
    }
    if code & 8 != 0 { try display.recover(waiting: Self.patience) }
    guard let set else { return }
    var target = [UInt8](repeating: 0xaa, count: 64)
    var span = target.mutableSpan
    let count = try display.readCapabilities(of: set, into: &span, waiting: Self.patience)
    // It ends here: the call did not throw.
    if count < 0 || count > min(64, Int(set.maximumByteCount)) {
      fatalError("finding: \(count) bytes of capabilities come of \(set.maximumByteCount)")
    }
    for index in count..<64 where target[index] != 0xaa {
      fatalError("finding: byte \(index) is written, of \(count)")
    }
  }

  // MARK: What comes of it

  /// Each error says what it is and what can be done.
  private func judge(_ error: GPUError) throws(Finding) {
    if case .device(.neverReset) = error { throw Finding("display: it is always reset: \(error)") }
    _ = error.remedy
  }

  private func check(_ condition: Bool, _ description: @autoclosure () -> String) throws(Finding) {
    if !condition { throw Finding("display: " + description()) }
  }
}
