import VirtIO

/// The walk along a chain, with the rules for descriptors.
///
/// - Spec: VirtIO 1.4 §2.7.5 "The Virtqueue Descriptor Table"
extension ModelCore {
  private struct Descriptor {
    let address: UInt64
    let byteCount: UInt64
    let flags: UInt16
    let next: UInt16

    var range: ModelRange { ModelRange(start: address, byteCount: byteCount) }
  }

  private func descriptor(_ table: UInt64, _ index: Int) -> Descriptor {
    let place = table &+ UInt64(index) &* 16
    return Descriptor(
      address: memory.load(place, 8), byteCount: memory.load(place &+ 8, 4),
      flags: UInt16(truncatingIfNeeded: memory.load(place &+ 12, 2)),
      next: UInt16(truncatingIfNeeded: memory.load(place &+ 14, 2)))
  }

  private func take(_ descriptor: Descriptor, to chain: inout ModelChain) {
    take(
      descriptor.range, isWritable: descriptor.flags & 2 != 0, to: &chain, order: .splitFrame1)
  }

  /// Follows a chain from its head, and judges it.
  func walk(_ head: UInt16, _ queue: ModelQueue) -> ModelChain {
    var chain = ModelChain(head: head)
    guard head < queue.size else {
      violate(.splitD10, "head \(head) in a table of \(queue.size)")
      chain.isUsable = false
      return chain
    }
    var visited: Set<UInt16> = []
    var index = head
    while true {
      guard visited.insert(index).inserted else {
        violate(.splitDesc2, "the chain \(head) comes back to descriptor \(index)")
        chain.isUsable = false
        break
      }
      chain.descriptors.append(index)
      let current = descriptor(queue.addresses[0], Int(index))
      if current.flags & ~7 != 0 {
        violate(.splitD3, "descriptor \(index) has flags \(current.flags)")
      }
      if current.flags & 4 != 0 {
        if current.flags & 1 != 0 {
          violate(.splitInd4, "descriptor \(index) is indirect and continued")
        }
        take(indirect: current, to: &chain, queue)
        break
      }
      take(current, to: &chain)
      guard current.flags & 1 != 0 else { break }
      checkOrder(of: index, current.next, last: queue.size &- 1)
      guard current.next < queue.size else {
        violate(.splitD10, "descriptor \(index) is followed by \(current.next), outside the table")
        chain.isUsable = false
        break
      }
      index = current.next
    }
    finish(&chain)
    return chain
  }

  private func checkOrder(of index: UInt16, _ next: UInt16, last: UInt16) {
    guard common.has(.inOrder) else { return }
    if index == last {
      if next != 0 { violate(.splitDesc3, "the last descriptor is followed by \(next)") }
    } else if next != index &+ 1 {
      violate(.splitDesc4, "descriptor \(index) is followed by \(next)")
    }
  }

  private func take(
    indirect descriptor: Descriptor, to chain: inout ModelChain, _ queue: ModelQueue
  ) {
    guard common.has(.indirectDescriptors) else {
      violate(.splitInd1, "chain \(chain.head) has an indirect table without the feature")
      chain.isUsable = false
      return
    }
    let table = ModelRange(start: descriptor.address, byteCount: descriptor.byteCount)
    guard takeTable(table, to: &chain, lengthRule: .splitD3) else { return }
    let count = Int(table.byteCount / 16)
    var index = 0
    var visited = 0
    while true {
      visited += 1
      guard visited + chain.descriptors.count - 1 <= Int(queue.size) else {
        violate(.splitInd3, "chain \(chain.head) is longer than the queue")
        chain.isUsable = false
        return
      }
      let current = self.descriptor(table.start, index)
      if current.flags & 4 != 0 {
        violate(.splitInd2, "the table of chain \(chain.head) has a table in it")
        chain.isUsable = false
        return
      }
      take(current, to: &chain)
      guard current.flags & 1 != 0 else { return }
      if common.has(.inOrder), Int(current.next) != index + 1 {
        violate(.splitInd5, "entry \(index) of a table is followed by \(current.next)")
      }
      guard Int(current.next) < count else {
        violate(.splitD10, "entry \(index) of a table is followed by \(current.next), outside it")
        chain.isUsable = false
        return
      }
      index = Int(current.next)
    }
  }

  private func finish(_ chain: inout ModelChain) {
    let total = (chain.readable + chain.writable).reduce(UInt64(0)) { $0 &+ $1.byteCount }
    if total > 1 << 32 {
      violate(.splitDesc1, "chain \(chain.head) is \(total) bytes long")
      chain.isUsable = false
    }
    remember(&chain)
  }
}
