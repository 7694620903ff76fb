public import VirtIO

/// Why there are no random bytes.
public enum EntropyError: Error, Equatable, Sendable {
  /// The device could not be taken into service, or out of it.
  case device(DeviceError)
  /// The device has broken the rules of the queue.
  case queue(QueueError)
  /// The device gave a buffer back with nothing in it, which it must not.
  case nothing
  /// The bytes did not come in time; whether the device says that only a reset can help.
  case timedOut(needsReset: Bool)
}
