import VirtIO

/// How a display describes itself: Extended Display Identification Data, as the device passes it on.
///
/// It holds the bytes as they came. Whatever else it says is read from those of its blocks that are
/// believed, and is nil or nothing where none is: any bytes at all are an EDID, if perhaps one that says
/// nothing. Nothing is allocated, and everything ends.
public struct EDID: Sendable {
  private let storage: FixedArray<1024, UInt8>
  private let byteCount: UInt16

  /// Copies the data out of a response of the right length.
  init(_ response: RawSpan) {
    let claimed = response.wire(EDIDResponse.self)?.size.value ?? 0
    byteCount = UInt16(truncatingIfNeeded: min(Int(clamping: claimed), EDIDResponse.dataByteCount))
    storage = FixedArray { index in
      response.wire(LittleEndian<UInt8>.self, at: MemoryLayout<EDIDResponse>.size &+ index)?.value
        ?? 0
    }
  }

  /// An EDID that was had elsewhere: its first 1024 bytes, or all if there are less.
  public init(_ bytes: Span<UInt8>) {
    byteCount = UInt16(truncatingIfNeeded: min(bytes.count, EDIDResponse.dataByteCount))
    storage = FixedArray { index in index < bytes.count ? bytes[index] : 0 }
  }

  /// How many whole blocks there are: 0 to 8.
  var presentBlockCount: Int { Int(byteCount) / EDIDBlock.byteCount }

  /// Block 0 to 7. One that is not whole is not to be believed.
  func block(_ index: Int) -> EDIDBlock {
    EDIDBlock { storage[index &* EDIDBlock.byteCount &+ $0] }
  }

  /// The bytes: blocks of 128, of which the first is the base block.
  public var bytes: Span<UInt8> {
    @_lifetime(borrow self) get {
      storage.span.extracting(first: Int(byteCount))
    }
  }
}
