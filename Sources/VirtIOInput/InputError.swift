public import VirtIO

/// Why there is no event, or no light.
public enum InputError: Error, Equatable, Sendable {
  /// The device could not be taken into service, or out of it, or its configuration not be read.
  case device(DeviceError)
  /// The device has broken the rules of a queue.
  case queue(QueueError)
  /// The device has not taken what it was told before: later perhaps.
  case busy
}
