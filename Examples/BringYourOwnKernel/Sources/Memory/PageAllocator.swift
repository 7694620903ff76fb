/// Pages of RAM, the first run that fits. The first pages of all hold a number for each page: how many
/// pages were taken together, if a run starts there.
public struct PageAllocator {
  private static let pageByteCount = 4096

  private let memory: UnsafeMutableRawPointer
  private let pageCount: Int
  private let runs: UnsafeMutablePointer<UInt32>

  /// An allocator for RAM that is nobody else's, from a page on.
  public init(_ memory: UnsafeMutableRawPointer, byteCount: Int) {
    self.memory = memory
    pageCount = byteCount / Self.pageByteCount
    runs = memory.initializeMemory(as: UInt32.self, repeating: 0, count: pageCount)
    runs[0] = UInt32(Self.pages(of: pageCount * 4))
  }

  private static func pages(of byteCount: Int) -> Int {
    (byteCount + pageByteCount - 1) / pageByteCount
  }

  /// Takes pages that follow each other, zeroed; nil if there are not so many in one place.
  public func allocate(byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount > 0, byteCount <= pageCount * Self.pageByteCount else { return nil }
    let wanted = Self.pages(of: byteCount)
    var page = 0
    var free = 0
    while page < pageCount {
      if runs[page] != 0 {
        page += Int(runs[page])
        free = 0
        continue
      }
      page += 1
      free += 1
      guard free == wanted else { continue }
      runs[page - wanted] = UInt32(wanted)
      let start = memory + (page - wanted) * Self.pageByteCount
      start.initializeMemory(as: UInt8.self, repeating: 0, count: wanted * Self.pageByteCount)
      return start
    }
    return nil
  }

  /// Gives back what was taken there.
  public func free(_ start: UnsafeMutableRawPointer) {
    runs[(start - memory) / Self.pageByteCount] = 0
  }
}
