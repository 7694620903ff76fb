/// A fixed-width integer stored in little-endian order, as every multi-byte field of VirtIO is.
///
/// - Spec: VirtIO 1.4 §1.4 "Structure Specifications"
@frozen
public struct LittleEndian<Value: FixedWidthInteger & BitwiseCopyable & Sendable>: BitwiseCopyable,
  Sendable
{
  @usableFromInline var bits: Value

  /// Stores `value` in little-endian order.
  @inlinable
  public init(_ value: Value) {
    bits = value.littleEndian
  }

  /// The value in the byte order of the CPU.
  @inlinable
  public var value: Value {
    Value(littleEndian: bits)
  }
}

/// `le16` of the specification.
public typealias LE16 = LittleEndian<UInt16>
/// `le32` of the specification.
public typealias LE32 = LittleEndian<UInt32>
/// `le64` of the specification.
public typealias LE64 = LittleEndian<UInt64>
