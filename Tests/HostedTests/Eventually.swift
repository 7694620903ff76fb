import VirtIOTesting

/// Looks until something is so, or a time is up.
///
/// - Returns: Whether it was so in the end.
func eventually(
  within limit: Duration = .seconds(5), _ condition: () async throws -> Bool
) async throws -> Bool {
  let deadline = ContinuousClock.now + limit
  while true {
    if try await condition() { return true }
    if ContinuousClock.now >= deadline { return false }
    try await Task.sleep(for: .milliseconds(5))
  }
}

extension QEMUMachine {
  /// The commands that QEMU's GPU has traced, without what they start with.
  ///
  /// Needs the trace events `virtio_gpu_cmd_*`.
  var commands: [String] {
    let prefix = "virtio_gpu_cmd_"
    return log().filter { $0.hasPrefix(prefix) }
      .map { $0.dropFirst(prefix.count).trimmingSuffix(" ") }
  }

  /// The cursor updates that QEMU's GPU has traced. Needs the event `virtio_gpu_update_cursor`.
  var cursorUpdates: [String] {
    let prefix = "virtio_gpu_update_cursor "
    return log().filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) }
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ character: Character) -> String {
    var text = self
    while text.last == character { text.removeLast() }
    return String(text)
  }
}
