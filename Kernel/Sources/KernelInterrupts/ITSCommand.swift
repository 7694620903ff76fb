/// A command to an interrupt translation service: 32 bytes of its queue.
///
/// - Spec: Arm Generic Interrupt Controller Architecture Specification (IHI 0069) §5.3 "The ITS
///   commands"
public struct ITSCommand: Equatable, Sendable {
  /// The command as four little-endian words.
  public let words: InlineArray<4, UInt64>

  /// How many bytes a command has.
  public static var byteCount: Int { 32 }

  private init(_ code: UInt64, device: UInt32 = 0, _ second: UInt64 = 0, _ third: UInt64 = 0) {
    words = [code | UInt64(device) << 32, second, third, 0]
  }

  /// `MAPD`: a device has a table of events.
  ///
  /// - Parameters:
  ///   - eventBits: How many bits its events have, 1 to 32.
  ///   - table: At a multiple of 256.
  public static func mapDevice(_ device: UInt32, eventBits: UInt32, table: UInt64) -> Self {
    Self(
      0x08, device: device, UInt64((eventBits &- 1) & 31),
      1 << 63 | table & 0xf_ffff_ffff_ff00)
  }

  /// `MAPC`: a collection of interrupts goes to a redistributor.
  public static func mapCollection(_ collection: UInt16, to target: ITSTarget) -> Self {
    Self(0x09, 0, 1 << 63 | target.field | UInt64(collection))
  }

  /// `MAPTI`: an event of a device is a local interrupt of a collection.
  public static func mapEvent(
    _ event: UInt32, of device: UInt32, to id: InterruptID, in collection: UInt16
  ) -> Self {
    Self(
      0x0a, device: device, UInt64(id.rawValue) << 32 | UInt64(event), UInt64(collection))
  }

  /// `INV`: what memory says of an event's interrupt has changed.
  public static func invalidate(_ event: UInt32, of device: UInt32) -> Self {
    Self(0x0c, device: device, UInt64(event))
  }

  /// `DISCARD`: an event is no interrupt any more.
  public static func discard(_ event: UInt32, of device: UInt32) -> Self {
    Self(0x0f, device: device, UInt64(event))
  }

  /// `SYNC`: what was commanded before has taken effect at a redistributor.
  public static func synchronize(_ target: ITSTarget) -> Self { Self(0x05, 0, target.field) }

  /// Whether both are the same.
  public static func == (left: Self, right: Self) -> Bool {
    for index in left.words.indices where left.words[index] != right.words[index] { return false }
    return true
  }
}

/// A redistributor, as a translation service wants to be told: `GITS_TYPER.PTA` says how.
public enum ITSTarget: Equatable, Sendable {
  /// By its address, a multiple of 65536.
  case address(UInt64)
  /// By the number of its CPU.
  case processor(UInt16)

  /// `RDbase`: bits 16 to 50.
  var field: UInt64 {
    switch self {
    case .address(let address): address & 0x7_ffff_ffff_0000
    case .processor(let number): UInt64(number) << 16
    }
  }
}
