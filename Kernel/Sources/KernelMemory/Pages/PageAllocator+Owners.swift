extension PageAllocator {
  /// The run, free or taken, that the page at `address` or around it belongs to.
  ///
  /// Takes time in the length of the run: a step for 64 pages.
  ///
  /// - Throws: `foreign`, `reserved`.
  public mutating func run(holding address: UInt64) throws(PageError) -> PageRun {
    guard let index = map.index(of: address) else { throw .foreign(address: address) }
    guard let first = records.lastStart(upTo: index) else { throw .reserved(address: address) }
    let record = records[first]
    guard index < first &+ record.pageCount else { throw .reserved(address: address) }
    return PageRun(
      address: map.address(of: first), pageCount: record.pageCount, owner: record.owner,
      borrower: record.borrower)
  }

  /// Whose the page at `address` or around it is; `nil` if it is free. Takes time as
  /// ``run(holding:)`` does.
  ///
  /// - Throws: `foreign`, `reserved`.
  public mutating func owner(of address: UInt64) throws(PageError) -> PageOwner? {
    try run(holding: address).owner
  }

  /// Notes that the run that starts at `address` is in the hands of somebody else too, such as a
  /// device that was told its address. It cannot be freed before it is reclaimed.
  ///
  /// - Throws: `misaligned`, `foreign`, `reserved`, `alreadyFree`, `insideRun`, `lent`.
  public mutating func lend(_ address: UInt64, to borrower: PageOwner) throws(PageError) {
    let index = try indexOfRun(at: address)
    if let borrower = records[index].borrower { throw .lent(address: address, borrower: borrower) }
    records[index].borrower = borrower
  }

  /// Notes that a run that was lent has come back.
  ///
  /// - Throws: `misaligned`, `foreign`, `reserved`, `alreadyFree`, `insideRun`, `notLent`.
  public mutating func reclaim(_ address: UInt64, from borrower: PageOwner) throws(PageError) {
    let index = try indexOfRun(at: address)
    guard records[index].borrower == borrower else { throw .notLent(address: address) }
    records[index].borrower = nil
  }

  /// The number of the page at which a taken run starts.
  mutating func indexOfRun(at address: UInt64) throws(PageError) -> Int {
    guard address & 4095 == 0 else { throw .misaligned(address: address) }
    guard let index = map.index(of: address) else { throw .foreign(address: address) }
    if records[startsAt: index], !records[index].isFree { return index }
    let run = try run(holding: address)
    guard run.owner != nil else { throw .alreadyFree(address: address) }
    throw .insideRun(address: address, first: run.address)
  }
}
