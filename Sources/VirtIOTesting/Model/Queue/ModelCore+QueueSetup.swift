import VirtIO

/// How a queue comes into service, and how it is taken out of it alone.
extension ModelCore {
  /// The queue as it was before the driver knew it.
  func renew(_ index: Int) {
    queues[index] = queues[index].anew()
    if usesPackedRing { queues[index].size = queues[index].maximumSize }
  }

  /// Features were agreed: only a packed ring may have any size.
  func didAgree() {
    guard usesPackedRing else { return }
    for index in queues.indices { queues[index].size = queues[index].maximumSize }
  }

  /// The driver writes the size of a queue.
  func writeQueueSize(_ index: Int, _ size: UInt16) {
    let maximum = queues[index].maximumSize
    if usesPackedRing, size == 0 {
      violate(.pciCom6, "queue_size of a packed queue written 0")
    } else if !usesPackedRing, size & (size &- 1) != 0 || size == 0 {
      violate(.pciCom7, "queue_size written \(size)")
    } else if size > maximum {
      violate(usesPackedRing ? .packedD15 : .splitD1, "queue_size written \(size), of \(maximum)")
    } else {
      queues[index].size = size
    }
  }

  /// The driver writes half of one of the three addresses of a queue.
  func writeQueueAddress(_ index: Int, _ field: CommonField, isHigh: Bool, _ value: UInt64) {
    let area = (field.offset - 0x20) / 8
    let old = queues[index].addresses[area]
    queues[index].addresses[area] =
      isHigh ? old & 0xffff_ffff | value << 32 : old & ~0xffff_ffff | value
    queues[index].halvesWritten.insert(field.offset + (isHigh ? 4 : 0))
    guard !isHigh else { return }
    let rules: [(ModelRule, UInt64)] =
      usesPackedRing
      ? [(.packedAlign1, 16), (.packedAlign2, 4), (.packedAlign3, 4)]
      : [(.splitAlign1, 16), (.splitAlign2, 2), (.splitAlign3, 4)]
    if value % rules[area].1 != 0 {
      violate(
        rules[area].0, "\(field.name) is \(hexadecimal(value)), no multiple of \(rules[area].1)")
    }
  }

  /// The driver enables a queue that it has programmed.
  func enableQueue(_ index: Int) {
    let queue = queues[index]
    guard queue.halvesWritten.isSuperset(of: [0x20, 0x24, 0x28, 0x2c, 0x30, 0x34]) else {
      violate(
        queue.reset == nil ? .pciCom8 : .vqrst3,
        "queue \(index) is enabled before all its addresses were written")
      return
    }
    if queue.reset?.hadVector == true, queue.vector == MSIXState.noVector {
      violate(.vqrst3, "queue \(index) is enabled again without the vector that it had")
    }
    guard let areas = areas(of: index) else { return }
    checkZeroes(index)
    queues[index].areas = areas
    queues[index].storedSlots = Array(repeating: false, count: Int(queue.size))
    queues[index].isEnabled = true
    queues[index].reset = nil
  }

  private func areas(of index: Int) -> [ModelRange]? {
    let queue = queues[index]
    let size = UInt64(queue.size)
    let parts: [(name: String, byteCount: UInt64)] =
      usesPackedRing
      ? [("descriptor ring", size * 16), ("driver's event area", 4), ("device's event area", 4)]
      : [
        ("descriptor table", size * 16), ("available ring", 6 + size * 2),
        ("used ring", 6 + size * 8),
      ]
    var areas: [ModelRange] = []
    for (area, part) in parts.enumerated() {
      let range = ModelRange(start: queue.addresses[area], byteCount: part.byteCount)
      guard memory.contains(range.start, Int(range.byteCount)) else {
        violate(.rfb5, "the \(part.name) of queue \(index) is at \(hexadecimal(range.start))")
        return nil
      }
      if allocations.holder(of: range) == nil {
        violate(
          usesPackedRing ? .packedD15 : .splitD2,
          "the \(part.name) of queue \(index) is not in one piece of memory")
      }
      areas.append(range)
    }
    return areas
  }

  private func checkZeroes(_ index: Int) {
    let queue = queues[index]
    if usesPackedRing {
      if !memory.isFilled(with: 0, at: queue.addresses[0], 16 * Int(queue.size)) {
        violate(.packedD16, "the ring of queue \(index) is not zero when it is enabled")
      }
      return
    }
    if memory.load(queue.usedFlagsAddress, 2) != 0 {
      violate(.splitKick1, "used.flags of queue \(index) are not 0 when it is enabled")
    }
    if memory.load(queue.availableIndexAddress, 2) != 0 {
      violate(.splitD5, "the available index of queue \(index) is not 0 when it is enabled")
    }
    if memory.load(queue.usedIndexAddress, 2) != 0 {
      violate(.pciVqD1, "the used index of queue \(index) is not 0 when it is enabled")
    }
  }
}
