package import VirtIO

/// The memory that a device can reach, at addresses that are not the CPU's.
///
/// Blocks that were given back stay mapped for the CPU and are poisoned: a driver that goes on using
/// them reads nonsense rather than crashing the tests. For the device they are gone.
package final class DeviceMemory: @unchecked Sendable {
  private var blocks: [(view: MemoryView, address: DeviceAddress, isLive: Bool)] = []
  private var nextAddress: UInt64 = 0x40_0000_0000

  /// What a byte of memory reads as once it was given back.
  package static var poison: UInt8 { 0xa5 }

  package init() {}

  /// How many blocks are set aside.
  package var liveCount: Int { blocks.count { $0.isLive } }
  /// How many bytes are set aside.
  package var liveByteCount: Int { blocks.reduce(0) { $0 + ($1.isLive ? $1.view.byteCount : 0) } }

  package func makeBlock(byteCount: Int, alignment: Int) -> (MemoryView, DeviceAddress) {
    let mask = UInt64(alignment) - 1
    let address = DeviceAddress(rawValue: (nextAddress + mask) & ~mask)
    // A gap, so that running past the end of one block does not reach the next.
    nextAddress = address.rawValue + UInt64(byteCount) + 4096
    let view = MemoryView(allocating: byteCount, alignment: alignment)
    blocks.append((view, address, true))
    return (view, address)
  }

  /// Makes a block of whole pages whose pages the device sees in another order: `order` says for each
  /// which it is of those that follow each other there.
  package func makeBlock(pagesInOrder order: [Int], byteCount: Int)
    -> (MemoryView, [DeviceAddress])
  {
    let start = (nextAddress + 4095) & ~4095
    nextAddress = start + UInt64((order.max() ?? 0) + 2) * 4096
    let view = MemoryView(allocating: order.count * 4096, alignment: 4096)
    let addresses = order.map { DeviceAddress(rawValue: start + UInt64($0) * 4096) }
    for (page, address) in addresses.enumerated() {
      blocks.append((view.part(at: page * 4096, byteCount: 4096), address, true))
    }
    return (view.part(at: 0, byteCount: byteCount), addresses)
  }

  /// Takes back the pages that were made as one block; false if they are not all there.
  package func freePages(at addresses: [DeviceAddress]) -> Bool {
    let first = blocks.firstIndex {
      $0.isLive && $0.address == addresses.first && $0.view.byteCount == 4096
    }
    guard let first else { return false }
    for (index, address) in addresses.enumerated() {
      guard blocks[first + index].isLive, blocks[first + index].address == address else {
        return false
      }
      blocks[first + index].isLive = false
      blocks[first + index].view.fill(Self.poison)
    }
    return true
  }

  /// Takes a block back.
  ///
  /// - Returns: Whether there was such a block.
  package func freeBlock(at address: DeviceAddress, byteCount: Int) -> Bool {
    guard
      let index = blocks.firstIndex(where: {
        $0.isLive && $0.address == address && $0.view.byteCount == byteCount
      })
    else { return false }
    blocks[index].isLive = false
    blocks[index].view.fill(Self.poison)
    return true
  }

  /// What the device sees at `address`, or nil if that is not all in one living block.
  package func view(at address: DeviceAddress, byteCount: Int) -> MemoryView? {
    for block in blocks where block.isLive && address.rawValue >= block.address.rawValue {
      let offset = Int(clamping: address.rawValue - block.address.rawValue)
      guard offset <= block.view.byteCount, byteCount <= block.view.byteCount - offset else {
        continue
      }
      return block.view.part(at: offset, byteCount: byteCount)
    }
    return nil
  }
}
