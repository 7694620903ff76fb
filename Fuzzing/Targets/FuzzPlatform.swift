import VirtIO

/// A kernel for the fuzzer: memory from the host's heap, so that a sanitizer sees each access to it, and a clock
/// that moves when it is looked at.
final class FuzzPlatform: Platform {
  private var blocks: [Block] = []
  private var nextAddress: UInt64 = 0x40_0000_0000
  private var nanoseconds: UInt64 = 0
  /// How many times somebody has looked at the clock.
  private(set) var lookCount = 0
  /// Called at each look.
  var onLook: () -> Void = {}
  /// The longest block there is.
  var largestBlock = 1 << 16
  /// How many allocations succeed before one fails; nil if none does.
  var failsIn: Int?

  @safe
  private struct Block {
    let base: UnsafeMutableRawPointer
    let address: UInt64
    let byteCount: Int
  }

  deinit {
    // What was lost on purpose.
    for block in blocks { unsafe block.base.deallocate() }
  }

  /// How many blocks are set aside.
  var liveCount: Int { blocks.count }

  func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    guard byteCount > 0, byteCount <= largestBlock, 1...4096 ~= alignment else { return nil }
    if let left = failsIn {
      failsIn = left > 0 ? left - 1 : nil
      if left == 0 { return nil }
    }
    let base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: max(alignment, 16))
    unsafe base.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    let mask = UInt64(alignment) - 1
    let address = (nextAddress + mask) & ~mask
    nextAddress = address + UInt64(byteCount) + 4096
    blocks.append(unsafe Block(base: base, address: address, byteCount: byteCount))
    return unsafe CoherentRegion(
      base: base, deviceAddress: DeviceAddress(rawValue: address), byteCount: byteCount)
  }

  func free(_ region: CoherentRegion) {
    let index = blocks.firstIndex { $0.address == region.deviceAddress.rawValue }
    // As a kernel would: it is not the driver's.
    guard let index else { fatalError("finding: memory is freed that nobody has") }
    unsafe blocks.remove(at: index).base.deallocate()
  }

  var now: Nanoseconds {
    lookCount += 1
    nanoseconds += 1000
    onLook()
    return Nanoseconds(rawValue: nanoseconds)
  }

  // MARK: The device's side

  /// Where `count` bytes lie that the device sees at `address`; nil if they are not all in one block.
  private func pointer(_ address: UInt64, _ count: Int) -> UnsafeMutableRawPointer? {
    for block in blocks where address >= block.address {
      let offset = address - block.address
      let end = UInt64(block.byteCount)
      if offset <= end, UInt64(count) <= end - offset { return unsafe block.base + Int(offset) }
    }
    return nil
  }

  /// What the device reads there; 0 where there is nothing.
  func load<Value: FixedWidthInteger & BitwiseCopyable>(_ address: UInt64, as type: Value.Type)
    -> Value
  {
    guard let pointer = unsafe pointer(address, MemoryLayout<Value>.size) else { return 0 }
    return unsafe pointer.loadUnaligned(as: Value.self)
  }

  /// The device writes there, if there is anything.
  func store<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, _ address: UInt64) {
    guard let pointer = unsafe pointer(address, MemoryLayout<Value>.size) else { return }
    unsafe pointer.storeBytes(of: value, as: Value.self)
  }

  /// The device writes as many of the bytes as there is room for in the block.
  func store(_ bytes: [UInt8], _ address: UInt64, limit: Int) {
    let count = min(bytes.count, limit)
    guard count > 0, let pointer = unsafe pointer(address, count) else { return }
    unsafe pointer.copyMemory(from: bytes, byteCount: count)
  }
}
