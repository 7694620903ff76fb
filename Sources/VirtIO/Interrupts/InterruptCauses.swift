/// Why a device interrupts. The bits are those of the ISR status of PCI.
///
/// - Spec: VirtIO 1.4 §4.1.4.5 "ISR status capability"
public struct InterruptCauses: OptionSet, Hashable, Sendable {
  /// The bits.
  public let rawValue: UInt8

  /// The causes `rawValue`.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// A queue has used buffers.
  public static var queues: Self { Self(rawValue: 1 << 0) }
  /// The device configuration or the device status has changed.
  public static var configuration: Self { Self(rawValue: 1 << 1) }
}
