public import VirtIO
public import VirtIOMMIO
public import VirtIOPCI

/// A VirtIO device that the board has found, on whatever bus: for code that is generic over that.
public protocol BoardDevice: Describable {
  /// What its transport tells of its interrupts.
  associatedtype Interrupts: InterruptSource

  /// Whether it snoops the caches: if not, its memory comes from a ``NonCoherentBoardPlatform``.
  var isDMACoherent: Bool { get }

  /// The next device of a type on the same kind of bus.
  func next(ofType deviceType: UInt16, on board: inout Board) -> Self?

  /// Leads its interrupts to its driver, in the best way there is. Says on the serial line which.
  ///
  /// The driver has been opened; it may have been used by polling. What is asked of it and under way
  /// goes on. To be followed by the driver's own `enableInterrupts()`, unless it is to poll.
  ///
  /// - Parameters:
  ///   - board: The board that it was found on.
  ///   - interrupts: What its transport has told of them.
  ///   - handler: The driver's.
  func connect(
    _ interrupts: Interrupts, to handler: InterruptHandler<Interrupts>, on board: borrowing Board
  ) -> DeviceInterrupts
}

extension Board.FoundDevice: BoardDevice {
  /// The next function, in order of PCI host, bus, device and function.
  public func next(ofType deviceType: UInt16, on board: inout Board) -> Self? {
    board.nextDevice(ofType: deviceType, after: self)
  }

  /// By messages, else by its line, else not at all.
  public func connect(
    _ interrupts: PCIInterrupts<MMIO>, to handler: InterruptHandler<PCIInterrupts<MMIO>>,
    on board: borrowing Board
  ) -> DeviceInterrupts {
    board.connect(self, interrupts, to: handler)
  }
}

extension Board.FoundSlot: BoardDevice {
  /// The next place, in the order of the device tree.
  public func next(ofType deviceType: UInt16, on board: inout Board) -> Self? {
    board.nextSlot(ofType: deviceType, after: self)
  }

  /// By its line, else not at all.
  public func connect(
    _ interrupts: MMIOInterrupts<MMIO>, to handler: InterruptHandler<MMIOInterrupts<MMIO>>,
    on board: borrowing Board
  ) -> DeviceInterrupts {
    board.connect(self, to: handler)
  }
}
