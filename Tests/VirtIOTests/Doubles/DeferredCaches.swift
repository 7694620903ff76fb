import VirtIO

/// Caches that do nothing before they have to, with a memory behind them that only the device sees.
package final class DeferredCaches: CacheMaintenance, @unchecked Sendable {
  /// Something that was asked for.
  package enum Operation: Equatable {
    case clean(Int, byteCount: Int)
    case invalidate(Int, byteCount: Int)
    case cleanAndInvalidate(Int, byteCount: Int)
    case synchronize
  }

  package static var lineByteCount: Int { 128 }

  /// What the CPU sees.
  package let cpu: MemoryView
  /// What the device sees.
  package let device: MemoryView
  /// What was asked for, in order.
  package private(set) var operations: [Operation] = []
  private var pending: [Operation] = []

  package init(byteCount: Int) {
    cpu = MemoryView(allocating: byteCount, alignment: Self.lineByteCount)
    device = MemoryView(allocating: byteCount, alignment: Self.lineByteCount)
  }

  package func clear() { operations = [] }

  private func ask(_ operation: Operation) {
    operations.append(operation)
    pending.append(operation)
  }

  private func offset(_ address: UInt) -> Int {
    // Only the number of the address is used.
    let start = unsafe UInt(bitPattern: cpu.base)
    return Int(address &- start)
  }

  package func clean(address: UInt, byteCount: Int) {
    ask(.clean(offset(address), byteCount: byteCount))
  }
  package func invalidate(address: UInt, byteCount: Int) {
    ask(.invalidate(offset(address), byteCount: byteCount))
  }
  package func cleanAndInvalidate(address: UInt, byteCount: Int) {
    ask(.cleanAndInvalidate(offset(address), byteCount: byteCount))
  }

  package func synchronize() {
    for operation in pending {
      switch operation {
      case .clean(let offset, let count), .cleanAndInvalidate(let offset, let count):
        copy(from: cpu, to: device, offset, count)
      case .invalidate(let offset, let count): copy(from: device, to: cpu, offset, count)
      case .synchronize: break
      }
    }
    pending = []
    operations.append(.synchronize)
  }

  private func copy(from source: MemoryView, to target: MemoryView, _ offset: Int, _ count: Int) {
    let line = Self.lineByteCount
    for index in offset / line * line..<(offset + count + line - 1) / line * line {
      target.store(source.load(UInt8.self, at: index), at: index)
    }
  }
}
