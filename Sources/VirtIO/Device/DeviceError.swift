/// Why a device could not be taken into service, or out of it.
public enum DeviceError: Error, Equatable, Sendable {
  /// The device is of another type than the driver is for.
  case wrongType(expected: UInt16, found: UInt16)
  /// The status did not read 0 in time after a reset; `status` is what it read.
  case neverReset(status: DeviceStatus)
  /// The status does not read as it was written: the device has broken on the way, or has given up.
  case wrongStatus(found: DeviceStatus)
  /// A queue was not reset in time.
  case queueNeverReset(index: UInt16)
  /// The device does not offer what the driver cannot do without.
  case missingFeatures(required: Features, offered: Features)
  /// The device cleared FEATURES_OK: it does not work with this choice of its own features.
  case featuresRefused(accepted: Features)
  /// The configuration changed during each of many attempts to read it.
  case configurationUnstable
  /// The device configuration is smaller than its fixed fields.
  case configurationTooSmall(byteCount: UInt, needed: UInt)
  /// The device has no such queue, or it is in use already.
  case queueMissing(index: UInt16)
  /// The device's queue has too few entries for the driver.
  case queueTooSmall(index: UInt16, size: UInt16)
  /// The device did not take the queue into service. If it has kept it all the same, the queue's memory is
  /// never used again.
  case queueRefused(index: UInt16, isKept: Bool)
  /// The address to notify the queue at lies outside the notification structure.
  case notificationOutOfRange(index: UInt16, offset: UInt16)
  /// The platform had no memory for a queue.
  case outOfMemory(AllocationFailure)
}
