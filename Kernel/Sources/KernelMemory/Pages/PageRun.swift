/// Pages that follow each other in memory, and who holds them.
public struct PageRun: Equatable, Sendable {
  /// The physical address of the first page.
  public let address: UInt64

  /// How many pages there are.
  public let pageCount: Int

  /// Whose they are; `nil` if they are free.
  public let owner: PageOwner?

  /// Whom the owner has lent them to.
  public let borrower: PageOwner?

  /// How many bytes they have.
  public var byteCount: Int { pageCount * PageAllocator.pageByteCount }
}
