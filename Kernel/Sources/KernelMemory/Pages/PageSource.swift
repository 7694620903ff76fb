/// Where a heap has its pages from.
public protocol PageSource: ~Copyable {
  /// Takes pages that follow each other.
  mutating func take(pageCount: Int) throws(PageError) -> PageRun

  /// Gives back all the pages of a run.
  mutating func give(_ run: PageRun) throws(PageError)

  /// The run taken from here that `address` lies in; `nil` if it lies in none.
  mutating func run(taken address: UInt64) -> PageRun?
}

extension PageAllocator: PageSource {
  /// Takes pages for a heap.
  public mutating func take(pageCount: Int) throws(PageError) -> PageRun {
    try allocate(pageCount: pageCount, owner: .heap)
  }

  /// Gives back a heap's pages.
  public mutating func give(_ run: PageRun) throws(PageError) {
    try free(run.address, owner: .heap)
  }

  /// The run of a heap that `address` lies in.
  public mutating func run(taken address: UInt64) -> PageRun? {
    guard let run = try? run(holding: address), run.owner == .heap else { return nil }
    return run
  }
}
