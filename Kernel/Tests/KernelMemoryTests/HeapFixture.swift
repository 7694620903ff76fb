import KernelMemory

/// A heap with all the pages of a piece of memory.
typealias PlainHeap = Heap<PageAllocator, UncheckedHeap>
typealias GuardedHeap = Heap<PageAllocator, CheckedHeap>

extension Heap where Source == PageAllocator {
  /// A heap of as many pages as there are, less the one that their records take.
  init(_ memory: Memory) throws(PageError) {
    self.init(source: try memory.allocator())
  }

  /// What is wrong in the heap or in its pages, if anything is.
  mutating func violation(in memory: Memory) -> String? {
    var regions: [PageRun] = []
    var address = memory.bounds.lowerBound
    while address < memory.bounds.upperBound {
      let run = try? source.run(holding: address)
      if let run, run.owner == .heap { regions.append(run) }
      address += UInt64(run?.byteCount ?? 4096)
    }
    let violation =
      source.invariantViolation() ?? invariantViolation(regions: regions.span)
    if let violation { return "\(violation)" }
    let statistics = statistics
    let byteCount = regions.reduce(0) { $0 + $1.byteCount }
    let known = statistics.bytesInUse + statistics.bytesFree + 16 * regions.count
    return known == byteCount ? nil : "\(known) bytes of \(byteCount) are accounted for"
  }
}
