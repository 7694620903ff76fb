/// A rule that a driver broke, and how.
public struct Violation: Hashable, Sendable, CustomStringConvertible {
  /// Which rule.
  public let rule: ModelRule
  /// What happened.
  public let detail: String

  /// The id of the rule, as the list of requirements has it.
  public var id: String { rule.rawValue }
  /// The id and what happened.
  public var description: String { "\(id): \(detail)" }
}
