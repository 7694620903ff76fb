import Foundation
import Synchronization
public import VirtIO

#if canImport(System)
import System
#else
import SystemPackage
#endif

/// The RAM of a hosted machine, mapped into this process: what a driver writes here, QEMU's devices
/// see, and the other way round.
@safe
public final class HostedMemory: Sendable {
  /// Where a device sees the first byte.
  public static var firstAddress: DeviceAddress { DeviceAddress(rawValue: 0x4000_0000) }
  /// Pages are 4 KiB.
  static var pageByteCount: Int { 4096 }
  /// QEMU leaves its device tree at the start, in at most this much.
  static var treeByteCount: Int { 2 << 20 }

  // SAFETY: the mapping is made once and lives as long as this object; what lies in it is shared with
  // another process anyway, and accessed through `CoherentRegion`.
  nonisolated(unsafe) let base: UnsafeMutableRawPointer
  /// The file that QEMU has its RAM in.
  let descriptor: Int32
  /// How much RAM there is.
  public let byteCount: Int

  struct State {
    /// Free runs of pages, in order, never touching one another.
    var free: [Range<Int>]
    var taken: [Int: Range<Int>] = [:]
    var allocationCount = 0
    /// How many allocations there are until one fails, that one included.
    var countdown: Int?
    /// How pixels are scattered, if they are.
    var scattering: HostedScattering?
    /// The pages of each range that is scattered, by where it starts here.
    var scattered: [UInt: [Int]] = [:]

    /// Counts an allocation; false if it is to fail.
    mutating func beginAllocation() -> Bool {
      allocationCount += 1
      guard let countdown else { return true }
      self.countdown = countdown > 1 ? countdown - 1 : nil
      return countdown != 1
    }
  }

  let state: Mutex<State>
  let health: HostedHealth

  /// Maps `byteCount` bytes of the file that QEMU has its RAM in.
  init(mapping path: String, byteCount: Int, health: HostedHealth) throws(HostedError) {
    func failure(_ call: String) -> HostedError {
      .memoryNotMapped(reason: "\(call) of \(path): \(Errno(rawValue: errno))")
    }
    // SAFETY: the string lives for the call.
    let descriptor = unsafe open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("open") }
    // A mapping that is longer than its file would end us by a signal.
    let length = lseek(descriptor, 0, SEEK_END)
    guard length >= byteCount else {
      _ = close(descriptor)
      throw .memoryNotMapped(reason: "the file has \(length) bytes, not \(byteCount)")
    }
    // SAFETY: a fresh mapping of a file that is long enough, at an address of the system's choice.
    let address = unsafe mmap(
      nil, byteCount, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    guard let address = unsafe address, unsafe address != MAP_FAILED else {
      let error = failure("mmap")
      _ = close(descriptor)
      throw error
    }
    unsafe base = address
    self.descriptor = descriptor
    self.byteCount = byteCount
    self.health = health
    let pages = Self.treeByteCount / Self.pageByteCount..<byteCount / Self.pageByteCount
    state = Mutex(State(free: [pages]))
  }

  deinit {
    // SAFETY: as mapped above; whoever uses the memory holds this object.
    _ = unsafe munmap(base, byteCount)
    _ = close(descriptor)
  }

  // MARK: Allocation

  func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    guard byteCount > 0, alignment > 0, alignment <= Self.pageByteCount,
      alignment & (alignment - 1) == 0
    else {
      health.fail(HostedError.badAllocation(byteCount: byteCount, alignment: alignment))
      return nil
    }
    guard byteCount <= self.byteCount else { return nil }
    let pageCount = (byteCount + Self.pageByteCount - 1) / Self.pageByteCount
    let pages = state.withLock { state -> Range<Int>? in
      guard state.beginAllocation() else { return nil }
      guard let index = state.free.firstIndex(where: { $0.count >= pageCount }) else { return nil }
      let run = state.free[index]
      let pages = run.lowerBound..<run.lowerBound + pageCount
      if pages == run {
        state.free.remove(at: index)
      } else {
        state.free[index] = pages.upperBound..<run.upperBound
      }
      state.taken[pages.lowerBound] = pages
      return pages
    }
    guard let pages else { return nil }
    fill(pages, with: 0)
    return region(at: address(ofPage: pages.lowerBound), byteCount: byteCount)
  }

  func free(_ region: CoherentRegion) {
    if freeScattered(region) { return }
    let offset = region.deviceAddress.rawValue &- Self.firstAddress.rawValue
    let page = Int(truncatingIfNeeded: offset) / Self.pageByteCount
    let pages = state.withLock { $0.taken.removeValue(forKey: page) }
    guard let pages, region.deviceAddress == address(ofPage: page) else {
      health.fail(HostedError.freedTwice(address: region.deviceAddress.rawValue))
      return
    }
    // Whoever still reads it shall notice.
    fill(pages, with: 0xdb)
    state.withLock { $0.giveBack(pages) }
  }

  /// How many allocations have not been given back.
  public var takenCount: Int { state.withLock { $0.taken.count + $0.scattered.count } }

  /// How many bytes are taken, in whole pages.
  public var takenByteCount: Int {
    state.withLock { state in
      let runs = state.taken.values.reduce(0) { $0 + $1.count }
      return state.scattered.values.reduce(runs) { $0 + $1.count } * Self.pageByteCount
    }
  }

  /// How many allocations were asked for so far, those that failed included.
  public var allocationCount: Int { state.withLock(\.allocationCount) }

  /// Makes one allocation fail, and no other.
  ///
  /// - Parameter number: Which, counted from now: 1 is the next. Nil to make none fail.
  public func failAllocation(_ number: Int?) {
    state.withLock { $0.countdown = number }
  }

  // MARK: Looking at it

  /// RAM as a device sees it at `address`, taken or not; nil if there is not so much there.
  public func region(at address: DeviceAddress, byteCount: Int) -> CoherentRegion? {
    let offset = address.rawValue &- Self.firstAddress.rawValue
    guard byteCount >= 0, offset <= UInt64(self.byteCount),
      UInt64(byteCount) <= UInt64(self.byteCount) - offset
    else { return nil }
    // SAFETY: the bounds were checked; the mapping lives as long as this object.
    return unsafe CoherentRegion(
      base: base + Int(offset), deviceAddress: address, byteCount: byteCount)
  }

  /// A copy of RAM as a device sees it at `address`; empty if there is not so much there.
  public func bytes(at address: DeviceAddress, count: Int) -> [UInt8] {
    guard let region = region(at: address, byteCount: count) else { return [] }
    // SAFETY: the region is mapped; bytes have no invalid values.
    return unsafe Array(UnsafeRawBufferPointer(start: region.base, count: count))
  }

  func address(ofPage page: Int) -> DeviceAddress {
    Self.firstAddress.advanced(by: page * Self.pageByteCount)
  }

  func fill(_ pages: Range<Int>, with byte: UInt8) {
    // SAFETY: page numbers come from the free list, which lies within the mapping.
    unsafe (base + pages.lowerBound * Self.pageByteCount)
      .initializeMemory(as: UInt8.self, repeating: byte, count: pages.count * Self.pageByteCount)
  }
}

extension HostedMemory.State {
  /// Makes pages free that are not.
  mutating func giveBack(_ pages: Range<Int>) {
    let index = free.firstIndex { $0.lowerBound > pages.lowerBound } ?? free.count
    free.insert(pages, at: index)
    if index + 1 < free.count, pages.upperBound == free[index + 1].lowerBound {
      free[index] = pages.lowerBound..<free.remove(at: index + 1).upperBound
    }
    if index > 0, free[index - 1].upperBound == pages.lowerBound {
      let end = free.remove(at: index).upperBound
      free[index - 1] = free[index - 1].lowerBound..<end
    }
  }
}
