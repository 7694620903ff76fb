public import KernelMemory
internal import VirtBoard

/// The heap behind Swift's classes, arrays and strings, for images that want one. Depending on this
/// module is all that it takes; it has memory as soon as the board is set up.
///
/// It uses the pages of the machine, as many as it needs. Not for interrupt handlers.
public enum SwiftHeap {
  #if DEBUG
  typealias Checking = CheckedHeap
  #else
  typealias Checking = UncheckedHeap
  #endif

  // One CPU runs this kernel, and its interrupt handlers do not allocate.
  nonisolated(unsafe) static var heap = Heap<MachinePages, Checking>(source: MachinePages())

  /// What is in use and what is left. Does not block.
  public static var statistics: HeapStatistics { unsafe heap.statistics }
}

/// The pages of the machine, for a heap.
struct MachinePages: PageSource {
  func take(pageCount: Int) throws(PageError) -> PageRun {
    guard let run = try unsafe Pages.allocator?.take(pageCount: pageCount) else {
      throw .exhausted(pageCount: pageCount)
    }
    return run
  }

  func give(_ run: PageRun) throws(PageError) {
    try unsafe Pages.allocator?.give(run)
  }

  func run(taken address: UInt64) -> PageRun? {
    unsafe Pages.allocator?.run(taken: address)
  }
}
