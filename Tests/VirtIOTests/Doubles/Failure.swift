/// What `body` throws; nil if it does not. For results that cannot be copied, and so not expected.
package func failure<Failure: Error, Value: ~Copyable>(
  of body: () throws(Failure) -> Value
) -> Failure? {
  do throws(Failure) {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
