import Foundation
import Synchronization
import VirtIO

/// In which order the pages of pixels lie for a device.
public enum HostedScattering: Sendable {
  /// Runs of one to four pages, in an order that follows from a seed.
  case shuffled(seed: UInt64)
  /// Page by page from the end of RAM on, so that no two are neighbours.
  case reversed
}

// Pages that lie anywhere in RAM, mapped here one behind the other: what a kernel does with its page tables.
extension HostedMemory {
  /// Has memory for pixels be scattered from now on, or contiguous again.
  public func scatter(_ scattering: HostedScattering?) {
    state.withLock { $0.scattering = scattering }
  }

  func allocateScattered(byteCount: Int) -> CoherentRegion? {
    guard let scattering = state.withLock({ $0.scattering }) else {
      return allocate(byteCount: byteCount, alignment: Self.pageByteCount)
    }
    guard byteCount > 0, byteCount <= self.byteCount else { return nil }
    let pageCount = (byteCount + Self.pageByteCount - 1) / Self.pageByteCount
    let pages = state.withLock { state -> [Int]? in
      guard state.beginAllocation() else { return nil }
      return state.take(pageCount, scattering)
    }
    guard let pages else { return nil }
    // SAFETY: fresh addresses of the system's choice; each page is replaced by one of the file, which is long
    // enough, before anybody sees them.
    let start = unsafe mmap(
      nil, pageCount * Self.pageByteCount, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let start = unsafe start, unsafe start != MAP_FAILED else { return nil }
    for (index, page) in pages.enumerated() {
      fill(page..<page + 1, with: 0)
      let place = unsafe start + index * Self.pageByteCount
      let found = unsafe mmap(
        place, Self.pageByteCount, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, descriptor,
        page * Self.pageByteCount)
      guard unsafe found == place else {
        health.fail(HostedError.memoryNotMapped(reason: "mmap of page \(page)"))
        return nil
      }
    }
    let key = UInt(bitPattern: start)
    state.withLock { $0.scattered[key] = pages }
    return unsafe CoherentRegion(
      base: start, deviceAddress: address(ofPage: pages[0]), byteCount: byteCount)
  }

  func segment(of region: CoherentRegion, at offset: Int) -> Segment {
    let start = unsafe UInt(bitPattern: region.base)
    let page = state.withLock { $0.scattered[start]?[offset / Self.pageByteCount] }
    guard let page else {
      return Segment(
        address: region.deviceAddress.advanced(by: offset),
        byteCount: UInt32(clamping: region.byteCount - offset))
    }
    let rest = offset % Self.pageByteCount
    return Segment(
      address: address(ofPage: page).advanced(by: rest),
      byteCount: UInt32(Self.pageByteCount - rest))
  }

  /// Takes a region back, if it is scattered.
  func freeScattered(_ region: CoherentRegion) -> Bool {
    let start = unsafe UInt(bitPattern: region.base)
    guard let pages = state.withLock({ $0.scattered.removeValue(forKey: start) }) else {
      return false
    }
    // SAFETY: as mapped above; nobody else knows of it.
    _ = unsafe munmap(region.base, pages.count * Self.pageByteCount)
    for page in pages {
      fill(page..<page + 1, with: 0xdb)
      state.withLock { $0.giveBack(page..<page + 1) }
    }
    return true
  }
}

extension HostedMemory.State {
  /// Takes so many pages, in the order in which they are to be mapped; nil if there are not so many.
  fileprivate mutating func take(_ count: Int, _ scattering: HostedScattering) -> [Int]? {
    var pages: [Int]
    switch scattering {
    case .reversed: pages = free.flatMap { Array($0) }.reversed()
    case .shuffled(let seed):
      var chance = SplitMix64(state: seed &+ UInt64(allocationCount))
      var runs: [Range<Int>] = []
      for run in free {
        var start = run.lowerBound
        while start < run.upperBound {
          let end = min(run.upperBound, start + Int.random(in: 1...4, using: &chance))
          runs.append(start..<end)
          start = end
        }
      }
      runs.shuffle(using: &chance)
      pages = runs.flatMap { Array($0) }
    }
    guard pages.count >= count else { return nil }
    pages.removeLast(pages.count - count)
    let taken = Set(pages)
    let rest = free.flatMap { Array($0) }.filter { !taken.contains($0) }
    free = []
    for page in rest {
      if let last = free.last, last.upperBound == page {
        free[free.count - 1] = last.lowerBound..<page + 1
      } else {
        free.append(page..<page + 1)
      }
    }
    return pages
  }
}

/// Numbers that follow from a seed.
private struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}
