import Foundation

/// The caches between the driver and a device that does not snoop them.
///
/// They are as unhelpful as real ones may be: every line is always in them, as if the CPU had loaded
/// it by itself a moment ago, and stays until the driver says otherwise or, by chance, it is evicted.
/// Accesses cannot be intercepted, so the driver's stores go to a memory of its own. A line is *dirty*
/// where that differs from what it was when the two were last made the same, and *stale* where the
/// device's memory does.
final class CachedMemory {
  /// What the driver sees.
  let cpu: GuestMemory
  let shape: ModelCacheShape
  private unowned let device: GuestMemory
  /// Both, when they were last the same.
  private let common: GuestMemory
  private let violate: (ModelRule, String) -> Void
  private var random: ModelRandom
  /// What the driver asked for that need not have happened yet.
  var pending: [CacheOperation] = []

  init(
    _ device: GuestMemory, _ shape: ModelCacheShape,
    violate: @escaping (ModelRule, String) -> Void
  ) {
    self.device = device
    self.shape = shape
    self.violate = violate
    cpu = GuestMemory(byteCount: device.byteCount)
    common = GuestMemory(byteCount: device.byteCount)
    random = ModelRandom(seed: shape.seed)
  }

  // MARK: Allocation

  /// Memory is handed out, which the kernel has zeroed through its caches a moment ago.
  func hand(out range: ModelRange) {
    cpu.fill(0, at: range.start, Int(range.byteCount))
    for memory in [device, common] {
      memory.fill(ModelAllocations.poison, at: range.start, Int(range.byteCount))
    }
  }

  /// Memory was given back.
  func take(back range: ModelRange) {
    for memory in [cpu, common] {
      memory.fill(ModelAllocations.poison, at: range.start, Int(range.byteCount))
    }
  }

  // MARK: Lines

  /// Whether the driver has stored to a range, and the device cannot see it.
  func isDirty(_ range: ModelRange) -> Bool {
    !cpu.isEqual(to: common, at: range.start, Int(range.byteCount))
  }

  private func isStale(_ line: ModelRange) -> Bool {
    !device.isEqual(to: common, at: line.start, Int(line.byteCount))
  }

  /// The lines that hold a byte of a range.
  private func lines(_ range: ModelRange) -> [ModelRange] {
    let length = UInt64(shape.lineByteCount)
    let first = range.start & ~(length &- 1)
    return stride(from: first, to: range.start &+ range.byteCount, by: shape.lineByteCount).map {
      ModelRange(start: $0, byteCount: length)
    }
  }

  private func writeBack(_ bytes: [UInt8], to line: ModelRange) {
    if isStale(line) {
      violate(
        .modelDMA4, "the line \(hexadecimal(line.start)) is written over what the device wrote")
    }
    for memory in [device, common] { memory.put(bytes, at: line.start) }
  }

  /// Forgets a line, which is loaded again at once.
  private func drop(_ line: ModelRange) {
    for memory in [cpu, common] {
      memory.copy(from: device, at: line.start, Int(line.byteCount))
    }
  }

  // MARK: What the driver asks for

  /// Takes note of what is asked for. What the driver stores later has no part in it.
  func ask(_ kind: CacheOperation.Kind, _ range: ModelRange, _ place: RingPlace?) {
    let dirty = kind == .invalidate ? [] : lines(range).filter(isDirty)
    let stores = dirty.map { ($0, cpu.bytes(at: $0.start, Int($0.byteCount))) }
    pending.append(CacheOperation(kind: kind, range: range, place: place, stores: stores))
  }

  /// Does what was asked for.
  func perform(_ operation: CacheOperation) {
    for (line, bytes) in operation.stores { writeBack(bytes, to: line) }
    if operation.kind == .clean { return }
    for line in lines(operation.range) {
      if !isDirty(line) {
        drop(line)
      } else if operation.kind == .invalidate {
        violate(.modelDMA3, "the dirty line \(hexadecimal(line.start)) is invalidated")
        drop(line)
      }
    }
  }

  /// Whether, by chance, something happens now that need not happen.
  func isRestless() -> Bool {
    shape.evictionOneIn > 0 && random.next(below: shape.evictionOneIn) == 0
  }

  /// Evicts some line of one of these ranges.
  func evict(from ranges: [ModelRange]) {
    guard !ranges.isEmpty else { return }
    let range = ranges[Int(random.next(below: UInt64(ranges.count)))]
    let offset = random.next(below: range.byteCount)
    for line in lines(ModelRange(start: range.start &+ offset, byteCount: 1)) {
      if isDirty(line) { writeBack(cpu.bytes(at: line.start, shape.lineByteCount), to: line) }
      drop(line)
    }
  }

  // MARK: What the device does

  /// The device is about to read.
  func willRead(_ address: UInt64, _ count: Int) {
    if isDirty(ModelRange(start: address, byteCount: UInt64(count))) {
      violate(.modelDMA1, "the device reads \(hexadecimal(address)), which is in the caches only")
    }
  }

  /// The device is about to write.
  func willWrite(_ address: UInt64, _ count: Int) {
    let range = ModelRange(start: address, byteCount: UInt64(count))
    if lines(range).contains(where: isDirty) {
      violate(.modelDMA2, "the device writes \(hexadecimal(address)), in a dirty line")
    }
  }
}

/// Something that the driver asks of the caches.
struct CacheOperation {
  enum Kind {
    case clean
    case invalidate
    case cleanAndInvalidate
  }

  let kind: Kind
  let range: ModelRange
  /// What it is in a ring, if it is a single access to one.
  let place: RingPlace?
  /// The lines that are written back, with what was in them when that was asked for.
  let stores: [(line: ModelRange, bytes: [UInt8])]
}

extension GuestMemory {
  /// Whether two memories hold the same at an address.
  fileprivate func isEqual(to other: GuestMemory, at address: UInt64, _ count: Int) -> Bool {
    guard let left = unsafe pointer(to: address, count),
      let right = unsafe other.pointer(to: address, count)
    else { return true }
    // SAFETY: both are valid for `count` bytes.
    return unsafe memcmp(left, right, count) == 0
  }

  /// Stores bytes, as nobody in particular.
  fileprivate func put(_ bytes: [UInt8], at address: UInt64) {
    guard let target = unsafe pointer(to: address, bytes.count) else { return }
    // SAFETY: `target` is valid for as many bytes.
    unsafe target.copyMemory(from: bytes, byteCount: bytes.count)
  }

  /// Takes over what another memory holds at an address.
  fileprivate func copy(from other: GuestMemory, at address: UInt64, _ count: Int) {
    guard let target = unsafe pointer(to: address, count),
      let source = unsafe other.pointer(to: address, count)
    else { return }
    // SAFETY: both are valid for `count` bytes, and apart.
    unsafe target.copyMemory(from: source, byteCount: count)
  }
}
