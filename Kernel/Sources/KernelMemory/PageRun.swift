/// Pages that follow each other in memory.
public struct PageRun: Equatable, Sendable {
  /// The physical address of the first page.
  public let address: UInt64

  /// How many pages there are.
  public let pageCount: Int

  /// How many bytes they have.
  public var byteCount: Int { pageCount * PageAllocator.pageByteCount }
}
