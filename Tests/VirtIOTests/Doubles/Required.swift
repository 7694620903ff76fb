/// There was nothing where a test needs something.
package struct NothingThere: Error {}

/// What is there: `#require` for values that cannot be copied.
package func required<Value: ~Copyable>(_ value: consuming Value?) throws(NothingThere) -> Value {
  guard let value else { throw NothingThere() }
  return value
}

/// Whether there is nothing: `== nil` in an expectation, for values that cannot be copied.
package func isNothing<Value: ~Copyable>(_ value: borrowing Value?) -> Bool {
  switch value {
  case .none: true
  case .some: false
  }
}
