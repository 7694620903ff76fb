internal import KernelInterrupts
public import VirtIO
internal import VirtIOPCI

/// How a device's interrupts reach its driver, for as long as this exists.
///
/// Dropping it silences the device and gives its lines back: to be done before the driver is closed.
public struct DeviceInterrupts: ~Copyable {
  /// How a device makes itself heard.
  public enum Way: Sendable {
    /// By messages, each of a vector of its own.
    case messages
    /// By pulling a line.
    case line
    /// Not at all: it is asked.
    case polling
  }

  /// How this device does.
  public let way: Way
  private let device: PCIInterrupts<MMIO>?
  private let first: InterruptLine<BoardInterrupts>?
  private let second: InterruptLine<BoardInterrupts>?
  private let third: InterruptLine<BoardInterrupts>?

  init(
    _ way: Way, _ device: PCIInterrupts<MMIO>? = nil,
    _ first: consuming InterruptLine<BoardInterrupts>? = nil,
    _ second: consuming InterruptLine<BoardInterrupts>? = nil,
    _ third: consuming InterruptLine<BoardInterrupts>? = nil
  ) {
    self.way = way
    self.device = device
    self.first = first
    self.second = second
    self.third = third
  }

  /// Whether the device interrupts at all.
  public var areUsed: Bool { way != .polling }

  /// How many interrupts of the device its driver has taken so far.
  public var count: UInt64 {
    Self.count(of: first) &+ Self.count(of: second) &+ Self.count(of: third)
  }

  private static func count(of line: borrowing InterruptLine<BoardInterrupts>?) -> UInt64 {
    switch line {
    case .some(let line): BoardInterrupts.count(of: line)
    case .none: 0
    }
  }

  /// Waits for the device as it can be waited for: asleep if it interrupts, else asking it all the time.
  ///
  /// - Parameters:
  ///   - handler: The driver's, to which it was connected.
  ///   - platform: What the driver was opened on.
  ///   - timeout: How long to go on from the first look.
  public func waiter<P: InterruptPlatform, Source>(
    _ handler: InterruptHandler<Source>, on platform: P, timeout: Nanoseconds
  ) -> BoardWaiter<P> {
    areUsed
      ? .sleeping(.interrupt(handler, on: platform, timeout)) : .polling(.polling(timeout))
  }

  deinit {
    device?.mask()
    device?.disableLine()
  }
}
