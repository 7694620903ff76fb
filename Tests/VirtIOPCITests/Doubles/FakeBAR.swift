/// A base address register of a ``FakeFunction``: its address bits can be set, its others cannot.
struct FakeBAR {
  enum Kind {
    case memory32
    case memory64
    case io
  }

  let kind: Kind
  let size: UInt64
  var isPrefetchable = false
  /// Whether the upper half of a port BAR is fixed to 0.
  var hasFixedUpperHalf = false

  static func memory32(_ size: UInt64, prefetchable: Bool = false) -> Self {
    Self(kind: .memory32, size: size, isPrefetchable: prefetchable)
  }

  static func memory64(_ size: UInt64, prefetchable: Bool = false) -> Self {
    Self(kind: .memory64, size: size, isPrefetchable: prefetchable)
  }

  static func io(_ size: UInt64, fixedUpperHalf: Bool = false) -> Self {
    Self(kind: .io, size: size, hasFixedUpperHalf: fixedUpperHalf)
  }

  var isMemory: Bool { kind != .io }
  var is64Bit: Bool { kind == .memory64 }

  /// The bits that cannot be changed.
  var flags: UInt32 {
    switch kind {
    case .io: 1
    case .memory32: isPrefetchable ? 8 : 0
    case .memory64: isPrefetchable ? 0xc : 4
    }
  }

  /// The bits that can be set, in both registers.
  var mask: UInt64 {
    switch kind {
    case .io: ~(size - 1) & (hasFixedUpperHalf ? 0xfffc : 0xffff_fffc)
    case .memory32: ~(size - 1) & 0xffff_fff0
    case .memory64: ~(size - 1) & ~0xf
    }
  }
}
