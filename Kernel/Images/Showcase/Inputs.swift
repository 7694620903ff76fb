import VirtBoard
import VirtIO
import VirtIOInput
import VirtIOPCI

/// The keyboard, the tablet and the mouse of the machine, as far as it has them.
struct Inputs: ~Copyable {
  private var first: Input?
  private var second: Input?
  private var third: Input?

  /// Takes the first three on PCI into service.
  mutating func open(on board: borrowing Board) {
    var last: Board.FoundDevice?
    while third == nil,
      let device = board.nextDevice(ofType: Input.Source.deviceType, after: last)
    {
      last = device
      if first == nil {
        first = Self.input(device, on: board.platform)
      } else if second == nil {
        second = Self.input(device, on: board.platform)
      } else {
        third = Self.input(device, on: board.platform)
      }
    }
  }

  /// One that cannot be taken into service is said and left out.
  @inline(never)
  private static func input(_ device: Board.FoundDevice, on platform: BoardPlatform) -> Input? {
    guard device.isDMACoherent, let input = Input(device, on: platform) else {
      printLine("SHOWCASE input at \(device) is left out")
      return nil
    }
    return input
  }

  /// Takes what has happened since the last call: keys that went down, and where the pointer is by then. Does not
  /// block.
  mutating func take(_ pointer: inout Pointer, _ press: (Key) -> Void) {
    Self.take(from: &first, &pointer, press)
    Self.take(from: &second, &pointer, press)
    Self.take(from: &third, &pointer, press)
  }

  private static func take(
    from input: inout Input?, _ pointer: inout Pointer, _ press: (Key) -> Void
  ) {
    if input?.take(&pointer, press) ?? true { return }
    // What breaks the rules of a queue has to start over, or to go.
    input.take()?.close()
    printLine("SHOWCASE input has broken, and is left out")
  }

  /// Gives all memory back.
  mutating func close() {
    first.take()?.close()
    second.take()?.close()
    third.take()?.close()
  }
}

/// One input device.
struct Input: ~Copyable {
  typealias Source = InputSource<BoardPlatform, PCITransport<MMIO>>

  private var source: Source
  private let horizontal: AxisRange?
  private let vertical: AxisRange?

  /// Takes a device into service; nil if that fails.
  init?(_ device: Board.FoundDevice, on platform: BoardPlatform) {
    guard
      let transport = try? PCITransport(
        device.function, deviceType: Source.deviceType, maximumVectorCount: 0),
      var source = try? Source.open(
        transport, on: platform, waiting: PollingWaiter(timeout: .seconds(2)))
    else { return nil }
    horizontal = (try? source.range(of: .x)) ?? nil
    vertical = (try? source.range(of: .y)) ?? nil
    self.source = consume source
  }

  /// Takes what has happened, no more than 256 events at a time.
  ///
  /// - Returns: Whether the device can be used on.
  mutating func take(_ pointer: inout Pointer, _ press: (Key) -> Void) -> Bool {
    for _ in 0..<256 {
      do throws(InputError) {
        guard let event = try source.nextEvent() else { return true }
        take(event, &pointer, press)
      } catch {
        return false
      }
    }
    return true
  }

  private func take(_ event: InputEvent, _ pointer: inout Pointer, _ press: (Key) -> Void) {
    switch event.type {
    case .key:
      let key = Key(rawValue: event.code)
      if key == .leftButton {
        pointer.isPressed = event.value != 0
      } else if event.value == 1 {
        press(key)
      }
    case .absolute:
      if event.code == AbsoluteAxis.x.rawValue {
        pointer.x = Self.place(event.value, on: horizontal)
      } else if event.code == AbsoluteAxis.y.rawValue {
        pointer.y = Self.place(event.value, on: vertical)
      }
    case .relative:
      // A mouse counts pixels, of which a display has about a thousand.
      if event.code == RelativeAxis.x.rawValue {
        pointer.x = Pointer.held(pointer.x &+ Int(event.value) &* 32)
      } else if event.code == RelativeAxis.y.rawValue {
        pointer.y = Pointer.held(pointer.y &+ Int(event.value) &* 32)
      }
    case .synchronization: pointer.settle()
    default: break
    }
  }

  private static func place(_ value: Int32, on axis: AxisRange?) -> Int {
    Pointer.place(
      value, from: axis?.minimum ?? 0, to: axis?.maximum ?? Int32(ScenePlace.limit))
  }

  /// Takes the device out of service.
  consuming func close() {
    // If it never leaves reset, its memory is lost, and harmless.
    try? source.close(waiting: PollingWaiter(timeout: .seconds(2)))
  }
}
