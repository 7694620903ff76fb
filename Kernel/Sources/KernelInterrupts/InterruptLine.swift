/// Where lines are registered: a kernel's table and controller.
public protocol InterruptHome: Sendable {
  /// Takes out the handler at a place, and disables its line if that was the last.
  func release(_ place: Int)
}

/// The right to the interrupts of a line: while it exists, its handler is called.
///
/// Dropping it takes the handler out, and disables the line if nobody else has it.
public struct InterruptLine<Home: InterruptHome>: ~Copyable {
  /// Which interrupt it is.
  public let id: InterruptID
  /// The place of its handler in the table.
  public let place: Int
  private let home: Home

  /// The right to what was registered at a place of the table.
  public init(_ id: InterruptID, place: Int, in home: Home) {
    self.id = id
    self.place = place
    self.home = home
  }

  deinit { home.release(place) }
}
