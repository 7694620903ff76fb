/// The bits of the device status field.
///
/// - Spec: VirtIO 1.4 §2.1 "Device Status Field"
public struct DeviceStatus: OptionSet, Hashable, Sendable {
  /// The field as it is on the device.
  public let rawValue: UInt8

  /// The status `rawValue`.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// The guest has found the device.
  public static var acknowledge: Self { Self(rawValue: 1) }
  /// The guest knows how to drive the device.
  public static var driver: Self { Self(rawValue: 2) }
  /// The driver is ready; the device is live.
  public static var driverOK: Self { Self(rawValue: 4) }
  /// The features are agreed.
  public static var featuresOK: Self { Self(rawValue: 8) }
  /// The device is broken beyond what it can mend without a reset.
  public static var needsReset: Self { Self(rawValue: 64) }
  /// The driver has given up on the device.
  public static var failed: Self { Self(rawValue: 128) }

  // As numbers: of literals with many members, Swift may make arrays, which take a heap.

  /// Both of the first steps.
  static var introduced: Self { Self(rawValue: 3) }
  /// All up to the agreement on features.
  static var agreed: Self { Self(rawValue: 11) }
  /// All steps of initialisation.
  static var inService: Self { Self(rawValue: 15) }
  /// It does not go on by itself.
  static var stopped: Self { Self(rawValue: 192) }
}
