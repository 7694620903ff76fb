import FuzzInputs
import VirtIO
import VirtIOGPU
import VirtIOGraphics
import VirtIOMMIO
import VirtIOPCI
import VirtIOTesting

/// A whole driver on the model of a machine, whose device and memory go wrong as an input says; in the end the
/// device behaves, and each pixel has to be right again.
struct StackCase: ~Copyable {
  private let input: FuzzInput
  private let machine: ModelMachine
  private let isPCI: Bool
  private let buffers: BufferCount

  private static var patience: PollingWaiter { .polling(.microseconds(400)) }

  init(_ bytes: Span<UInt8>) {
    input = FuzzInput(bytes)
    let choice = input.byte()
    let other = input.byte()
    var configuration = ModelConfiguration()
    configuration.traceLimit = 0
    configuration.tick = .microseconds(1)
    configuration.memoryByteCount = 1 << 19
    configuration.outputs = [.init(width: 16, height: 12)]
    var features: Features = [.version1, .accessPlatform, .orderPlatform]
    if choice & 1 != 0 { features.insert(.packedRing) }
    if choice & 2 != 0 { features.insert(.inOrder) }
    if choice & 4 != 0 { features.insert(.eventIndex) }
    if choice & 8 != 0 { features.insert(.indirectDescriptors) }
    if choice & 16 != 0 { features.insert([.ringReset, .notificationData]) }
    // EDID, and sometimes VIRGL and blobs.
    configuration.offeredFeatures = features.rawValue | 2 | (other & 1 != 0 ? 1 | 8 : 0)
    isPCI = choice & 32 == 0
    configuration.bus = isPCI ? .pci : .memory
    let counts: [BufferCount] = [.two, .one, .three, .two]
    buffers = counts[Int(choice >> 6)]
    configuration.queueSizes = other & 2 != 0 ? [16, 2] : [64, 16]
    configuration.vectorCount = Int(other >> 2 & 3)
    configuration.notifications = other & 16 != 0 ? .late(polls: 2) : .always
    configuration.capabilitySets = []
    machine = ModelMachine(configuration)
  }

  consuming func run() throws(Finding) {
    if isPCI {
      try run { (machine: ModelMachine) in try? machine.makeTransport() }
    } else {
      try run { (machine: ModelMachine) in (try? machine.makeSlotTransport()) ?? nil }
    }
  }

  private borrowing func run<T: Transport & ~Copyable>(_ make: (ModelMachine) -> T?) throws(Finding)
  {
    // What can go wrong before there is anything.
    while !input.isOver, input.byte() & 1 != 0 { misbehave() }
    var refusal: GPUError?
    var keptCount = 0
    var display = open(make, &refusal)
    if display == nil {
      // A queue whose device does not say that it let go of it keeps its memory.
      if case .device(.queueRefused(_, isKept: true)) = refusal { keptCount = 1 }
      // And one that does not say that it was reset may still use all that it was told of.
      if machine.lastStatusRead != 0 { keptCount = 4 }
      try check(machine.liveAllocationCount <= keptCount, "memory is lost by opening")
      input.end()
      machine.clearFaults()
      machine.failAllocations(0..<0)
      display = open(make, &refusal)
    }
    guard var living = display.take() else {
      throw Finding("stack: a good device is refused: \(String(describing: refusal))")
    }
    while !input.isOver {
      let before = machine.platform.now
      step(&living)
      let duration = machine.platform.now.since(before)
      try check(duration < .milliseconds(20), "a call takes \(duration.rawValue) ns")
    }
    machine.clearFaults()
    machine.failAllocations(0..<0)
    machine.setOutput(0, to: .init(width: 16, height: 12))
    try end(living)
    try check(machine.liveAllocationCount <= keptCount, "memory is lost")
    let broken = machine.violations.first { ["MODEL-MEM-1", "MODEL-MEM-2"].contains($0.id) }
    if let broken { throw Finding("stack: \(broken)") }
  }

  private borrowing func open<T: Transport & ~Copyable>(
    _ make: (ModelMachine) -> T?, _ refusal: inout GPUError?
  ) -> Display<ModelPlatform, T>? {
    guard let transport = make(machine) else { return nil }
    do throws(GPUError) {
      return try Display.open(
        transport, on: machine.platform, wanting: .virgl, buffers: buffers, waiting: Self.patience)
    } catch {
      refusal = error
      return nil
    }
  }

  /// The device behaves: a picture comes, exactly.
  private borrowing func end<T: Transport & ~Copyable>(
    _ display: consuming Display<ModelPlatform, T>
  )
    throws(Finding)
  {
    do throws(GPUError) {
      do throws(GPUError) {
        try display.recover(waiting: Self.patience)
      } catch {
        // A device that has room for less than it said at first is to be opened anew.
        guard case .device(.queueTooSmall) = error else { throw error }
        return try display.close(waiting: Self.patience)
      }
      var frame = try display.nextFrame(waiting: Self.patience)
      Self.draw(&frame)
      try display.finish(try display.present(frame), waiting: Self.patience)
      try check(display.scanouts[0])
      try display.close(waiting: Self.patience)
    } catch {
      throw Finding(
        "stack: a good device does not come back: \(error); \(machine.violations.map(\.id))")
    }
  }

  private static func color(_ x: Int, _ y: Int) -> UInt32 {
    UInt32(x & 255) << 16 | UInt32(y & 255) << 8 | UInt32((x ^ y ^ 77) & 255)
  }

  private static func draw(_ frame: inout Frame) {
    let (width, height) = (frame.width, frame.height)
    var pixels = frame.pixels
    for y in 0..<height {
      for x in 0..<width { pixels[y * width + x] = color(x, y) }
    }
  }

  private borrowing func check(_ scanout: Scanout) throws(GPUError) {
    guard let picture = machine.pixels(ofScanout: 0), picture.width == Int(scanout.width),
      picture.height == Int(scanout.height)
    else { fatalError("finding: there is no picture of the right size") }
    for y in 0..<picture.height {
      for x in 0..<picture.width {
        let pixel = picture[x, y]
        let found = UInt32(pixel.red) << 16 | UInt32(pixel.green) << 8 | UInt32(pixel.blue)
        if found != Self.color(x, y) { fatalError("finding: the pixel at \(x), \(y) is wrong") }
      }
    }
  }

  // MARK: What the program does

  private borrowing func step<T: Transport & ~Copyable>(_ display: inout Display<ModelPlatform, T>)
  {
    let code = input.byte()
    do throws(GPUError) {
      switch code & 15 {
      case 0, 1, 2: try show(&display, code)
      case 3: _ = try display.takeDisplayEvent(waiting: Self.patience)
      case 4: try moveCursor(&display, code >> 4)
      case 5: _ = try display.readEDID(of: ScanoutID(rawValue: 0), waiting: Self.patience)
      case 6: try display.drain()
      case 7: if code >> 4 < 4 { try display.recover(waiting: Self.patience) }
      case 8: interrupt(&display, code >> 4)
      case 9:
        let side = UInt32(code >> 4) + 1
        machine.setOutput(0, to: .init(width: side * 2, height: side, isEnabled: side < 15))
      case 10: _ = try display.readCapabilitySets(waiting: Self.patience)
      default: misbehave()
      }
    } catch {
      _ = error.remedy
    }
  }

  private borrowing func show<T: Transport & ~Copyable>(
    _ display: inout Display<ModelPlatform, T>, _ code: UInt8
  ) throws(GPUError) {
    let frame = try display.nextFrame(waiting: Self.patience)
    let presentation: Presentation
    if code & 16 != 0 {
      let damage = [Rectangle(x: Int(code >> 5), y: 1, width: 3, height: 30)]
      presentation = try display.present(frame, damage: damage.span)
    } else {
      presentation = try display.present(frame, as: code & 32 != 0 ? .mailbox : .queued)
    }
    if code & 64 != 0 { try display.finish(presentation, waiting: Self.patience) }
  }

  private borrowing func moveCursor<T: Transport & ~Copyable>(
    _ display: inout Display<ModelPlatform, T>, _ detail: UInt8
  ) throws(GPUError) {
    switch detail {
    case 0...2:
      let image = [UInt32](repeating: .max, count: 4096)
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 1, waiting: Self.patience)
    case 3: try display.hideCursor()
    case 4: try display.restartCursorQueue(waiting: Self.patience)
    default: try display.moveCursor(toX: UInt32(detail), y: 1)
    }
  }

  private borrowing func interrupt<T: Transport & ~Copyable>(
    _ display: inout Display<ModelPlatform, T>, _ detail: UInt8
  ) {
    switch detail & 3 {
    case 0: display.enableInterrupts()
    case 1: display.disableInterrupts()
    case 2: _ = display.interruptHandler.handleInterrupt(vector: Int(detail >> 2))
    default: _ = display.interruptHandler.handleLineInterrupt()
    }
  }

  // MARK: What the device does

  private borrowing func misbehave() {
    let code = input.byte()
    switch code & 3 {
    case 0:
      // A write to where the driver's memory lies.
      let address = 0x4000_0000 + UInt64(input.word16()) * 4
      machine.write(Array(input.take(Int(code >> 4) + 1)), at: address)
    case 1 where code >> 2 == 0: machine.breakDevice()
    case 1 where code >> 2 < 8:
      machine.failAllocations(machine.allocationCount..<machine.allocationCount + Int(code >> 2))
    default: machine.inject(FaultPlan.fault(input))
    }
  }

  private borrowing func check(_ condition: Bool, _ description: @autoclosure () -> String)
    throws(Finding)
  {
    if !condition { throw Finding("stack: " + description()) }
  }
}
