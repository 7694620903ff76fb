/// A register of the device, for faults to name.
public struct ModelRegister: Hashable, Sendable {
  /// Which registers it is among.
  public enum Structure: Hashable, Sendable {
    /// The configuration space of the PCI function.
    case configurationSpace
    /// The common configuration structure.
    case common
    /// The interrupt status.
    case interruptStatus
    /// The device configuration.
    case device
    /// The notification structure.
    case notification
    /// The control registers of a device without PCI that PCI has no like of; the others go by the name
    /// of those of the common configuration.
    case memoryMapped
  }

  /// Which registers it is among.
  public let structure: Structure
  /// Where it is among them.
  public let offset: Int

  /// The register at `offset` of a structure.
  public init(_ structure: Structure, _ offset: Int) {
    self.structure = structure
    self.offset = offset
  }

  /// `MagicValue`.
  public static var magicValue: Self { Self(.memoryMapped, 0x000) }
  /// `Version`.
  public static var version: Self { Self(.memoryMapped, 0x004) }
  /// `DeviceID`.
  public static var deviceID: Self { Self(.memoryMapped, 0x008) }
  /// `device_feature`.
  public static var deviceFeature: Self { Self(.common, 0x04) }
  /// `num_queues`.
  public static var queueCount: Self { Self(.common, 0x12) }
  /// `device_status`.
  public static var deviceStatus: Self { Self(.common, 0x14) }
  /// `config_generation`.
  public static var configGeneration: Self { Self(.common, 0x15) }
  /// `queue_size`.
  public static var queueSize: Self { Self(.common, 0x18) }
  /// `queue_msix_vector`.
  public static var queueVector: Self { Self(.common, 0x1a) }
  /// `queue_select`.
  public static var queueSelect: Self { Self(.common, 0x16) }
  /// `queue_enable`.
  public static var queueEnable: Self { Self(.common, 0x1c) }
  /// `queue_notify_off`.
  public static var queueNotifyOffset: Self { Self(.common, 0x1e) }
  /// `events_read`.
  public static var eventsRead: Self { Self(.device, 0) }
  /// `events_clear`.
  public static var eventsClear: Self { Self(.device, 4) }
  /// `num_scanouts`.
  public static var scanoutCount: Self { Self(.device, 8) }
  /// Bytes of configuration space from `offset` on.
  public static func configurationSpace(_ offset: Int) -> Self { Self(.configurationSpace, offset) }
}
