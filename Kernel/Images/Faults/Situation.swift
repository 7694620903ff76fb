import KernelAArch64
import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOMMIO
import VirtIOPCI

/// What the kernel is doing with its display when the fault comes.
enum Situation {
  /// `state=frame`: one frame is shown, and nothing else is under way.
  case frame
  /// `state=flight`: three frames are with the device.
  case flight
  /// `state=broken`: a queue is, and the device asks for a reset.
  case broken

  /// What the arguments ask for; nil for a kernel that has not touched its display.
  init?(_ arguments: BootArguments) {
    if arguments.has("state", "frame") {
      self = .frame
    } else if arguments.has("state", "flight") {
      self = .flight
    } else if arguments.has("state", "broken") {
      self = .broken
    } else {
      return nil
    }
  }

  /// Drives the first GPU, and makes the fault.
  func enter(_ board: inout Board) {
    let arguments = board.arguments
    let platform = board.platform
    if let device = board.nextDevice(ofType: 16) {
      guard
        let transport = try? PCITransport(
          device.function, deviceType: 16, maximumVectorCount: 0)
      else { panic("no usable GPU") }
      let screen = drive(transport, on: platform)
      if case .broken = self { Self.breakQueue(of: device.function) }
      Main.commit(arguments, on: platform)
      _ = consume screen
    } else if let slot = board.nextSlot(ofType: 16) {
      guard let transport = try? MMIOTransport(slot.registers) else { panic("no usable GPU") }
      let screen = drive(transport, on: platform)
      Main.commit(arguments, on: platform)
      _ = consume screen
    } else {
      panic("no GPU")
    }
  }

  /// Presents frames, and closes the display, while the device has them or when it is done.
  static func live<T: Transport & ~Copyable>(
    _ transport: consuming T, isInFlight: Bool, on platform: BoardPlatform
  ) {
    let situation = isInFlight ? Situation.flight : .frame
    let screen = situation.drive(transport, on: platform)
    do throws(GPUError) {
      try screen.close(waiting: .polling(.seconds(2)))
    } catch {
      panic("the display cannot be closed: \(error)")
    }
  }

  /// Presents frames, of which the device may still have some.
  private func drive<T: Transport & ~Copyable>(_ transport: consuming T, on platform: BoardPlatform)
    -> Display<BoardPlatform, T>
  {
    let patience = PollingWaiter(timeout: .seconds(2))
    do throws(GPUError) {
      var screen = try Display.open(
        transport, on: platform, buffers: .three, waiting: patience)
      let count = if case .flight = self { 3 } else { 1 }
      for number in 0..<count {
        let presentation = try Self.present(number, on: &screen, waiting: patience)
        if case .flight = self { continue }
        try screen.finish(presentation, waiting: patience)
      }
      return screen
    } catch {
      panic("the display cannot be driven: \(error)")
    }
  }

  private static func present<T: Transport & ~Copyable>(
    _ number: Int, on screen: inout Display<BoardPlatform, T>, waiting patience: PollingWaiter
  ) throws(GPUError) -> Presentation {
    var frame = try screen.nextFrame(waiting: patience)
    var pixels = frame.pixels
    for index in pixels.indices {
      pixels[index] = UInt32(truncatingIfNeeded: index &* (number &+ 3))
    }
    return try screen.present(frame)
  }

  /// Makes the device lose its faith in the driver: its control queue has more entries than it has room
  /// for. Where the registers lie is QEMU's choice.
  private static func breakQueue(of function: PCIFunction<MMIO>) {
    guard let registers = function.bars[4] else { panic("the GPU has no BAR 4") }
    registers.write16(0, at: 0x16)
    let low = UInt(registers.read32(at: 0x28))
    let high = UInt(registers.read32(at: 0x2c))
    guard
      let index = unsafe UnsafeMutablePointer<UInt16>(bitPattern: (high << 32 | low) &+ 2)
    else { panic("the GPU has no queue") }
    // SAFETY: it is the available ring's index, which is memory of the display; the display is not asked
    // for anything any more.
    unsafe index.pointee &+= 1000
    registers.write16(0, at: 0x3000)
    var patience = 1_000_000
    while registers.read8(at: 0x14) & 0x40 == 0, patience > 0 { patience &-= 1 }
    printLine("FAULTS status=\(hexadecimal: UInt64(registers.read8(at: 0x14)))")
  }

  // MARK: In a handler

  // Written before there are interrupts.
  nonisolated(unsafe) private static var setting:
    (arguments: BootArguments, platform: BoardPlatform)?

  /// `state=handler`: the fault comes in the handler of an interrupt.
  static func enterHandler(_ board: inout Board) {
    unsafe setting = (board.arguments, board.platform)
    guard board.startInterrupts() else { panic("no interrupts") }
    // In place of the board's own: it does not return.
    unsafe InterruptRegisters.setHandler { _ in
      guard let setting = unsafe Situation.setting else { return }
      Main.commit(setting.arguments, on: setting.platform)
    }
    let end = Nanoseconds(rawValue: board.platform.now.rawValue &+ 20_000_000)
    board.platform.wait(until: end)
    panic("no interrupt came")
  }
}
