/// How a queue works, in one byte that is loaded once for each operation.
struct QueueMode: OptionSet, Sendable {
  let rawValue: UInt8

  /// The ring is packed.
  static var packed: Self { Self(rawValue: 1 << 0) }
  /// The device uses buffers in the order in which they were made available.
  static var inOrder: Self { Self(rawValue: 1 << 1) }
  /// The device has broken the rules, or was made to forget the queue: nothing is given to it, and
  /// nothing taken.
  static var broken: Self { Self(rawValue: 1 << 2) }
  /// Notifications are asked for by index.
  static var eventIndex: Self { Self(rawValue: 1 << 3) }
  /// The device is outside the inner shareable domain, in which `stlr` and `ldar` order.
  static var ordersForPlatform: Self { Self(rawValue: 1 << 4) }
  /// Chains of two segments have tables.
  static var indirect: Self { Self(rawValue: 1 << 5) }
  /// Interrupts are asked for by index, each time that nothing is left to take back.
  static var armsEvents: Self { Self(rawValue: 1 << 6) }
  /// The device was asked not to interrupt.
  static var silent: Self { Self(rawValue: 1 << 7) }

  /// Whether it is a split ring that works, and descriptors stay where they were laid out.
  var isSplit: Bool { isDisjoint(with: [.packed, .inOrder, .broken]) }
  /// Whether it is a packed ring that works, in any order.
  var isPacked: Bool { intersection([.packed, .inOrder, .broken]) == .packed }
}
