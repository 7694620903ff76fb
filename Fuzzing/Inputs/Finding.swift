/// Something that must not be.
public struct Finding: Error, CustomStringConvertible, Sendable {
  /// What it is.
  public let description: String

  /// - Parameter description: What it is.
  public init(_ description: String) { self.description = description }
}

/// Finds what is wrong if `condition` does not hold.
public func check(_ condition: Bool, _ description: @autoclosure () -> String) throws(Finding) {
  if !condition { throw Finding(description()) }
}
