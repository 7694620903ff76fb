/// Who holds pages. The kernel's own parts are named; others may take numbers from 16 on.
public struct PageOwner: RawRepresentable, Equatable, Sendable {
  /// Its number, at least 1: 0 stands for nobody.
  public let rawValue: UInt32

  /// The owner of a number; `nil` for 0.
  public init?(rawValue: UInt32) {
    guard rawValue != 0 else { return nil }
    self.rawValue = rawValue
  }

  private init(_ rawValue: UInt32) { self.rawValue = rawValue }

  /// The kernel, where nothing closer is said.
  public static var kernel: Self { Self(1) }

  /// Page tables.
  public static var tables: Self { Self(2) }

  /// A stack.
  public static var stack: Self { Self(3) }

  /// A heap.
  public static var heap: Self { Self(4) }

  /// A driver, for what it shares with its device.
  public static var driver: Self { Self(5) }

  /// A device, by a number that the kernel gives it: the one to lend pages to.
  public static func device(_ number: UInt16) -> Self { Self(1 << 16 | UInt32(number)) }
}
