/// The number of an interrupt (INTID), as the interrupt controller hands it over.
///
/// - Spec: Arm Generic Interrupt Controller Architecture Specification (IHI 0069) §2.2 "INTIDs"
public struct InterruptID: RawRepresentable, Hashable, Sendable {
  /// The number.
  public let rawValue: UInt32

  /// The interrupt of that number.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// A private peripheral interrupt (PPI) of each CPU: 16 of them.
  public static func privatePeripheral(_ index: UInt32) -> Self? {
    index < 16 ? Self(rawValue: 16 &+ index) : nil
  }

  /// A shared peripheral interrupt (SPI): 988 of them.
  public static func sharedPeripheral(_ index: UInt32) -> Self? {
    index < 988 ? Self(rawValue: 32 &+ index) : nil
  }

  /// The first of the interrupts that only messages raise (LPIs).
  public static var firstLocal: Self { Self(rawValue: 8192) }

  /// Whether each CPU has its own: software-generated or private.
  public var isPrivate: Bool { rawValue < 32 }

  /// Whether it is a shared peripheral interrupt.
  public var isShared: Bool { rawValue >= 32 && rawValue < 1020 }

  /// Whether it stands for something else than an interrupt: 1020 to 1023. Nothing is to be ended.
  public var isSpecial: Bool { rawValue >= 1020 && rawValue < 1024 }

  /// Whether only a message raises it: an LPI.
  public var isLocal: Bool { rawValue >= Self.firstLocal.rawValue }
}

/// What makes an interrupt pending.
public enum InterruptTrigger: Sendable {
  /// As long as the line is raised.
  case level
  /// Each time that the line is raised, or a message arrives.
  case edge
}

/// How urgent an interrupt is: the lower, the more.
public struct InterruptPriority: RawRepresentable, Equatable, Sendable {
  /// 0 to 255, of which a controller may keep only the upper 4 bits.
  public let rawValue: UInt8

  /// A priority.
  public init(rawValue: UInt8) {
    self.rawValue = rawValue
  }

  /// What cannot wait: the timer.
  public static var high: Self { Self(rawValue: 0x80) }
  /// Devices.
  public static var normal: Self { Self(rawValue: 0xa0) }
}

/// What an interrupt controller answers when it is asked what happened.
public struct AcknowledgedInterrupt: Equatable, Sendable {
  /// What it wants back at the end, unchanged.
  public let token: UInt32
  /// Which interrupt it is.
  public let id: InterruptID

  /// An answer.
  public init(token: UInt32, id: InterruptID) {
    self.token = token
    self.id = id
  }
}
