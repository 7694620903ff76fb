/// What kind of queue, and how large, to make of what was agreed and of what there is room for.
struct QueuePlan: Equatable, Sendable {
  let mode: QueueMode
  /// The number of entries.
  let size: Int
  /// How much memory it takes.
  let byteCount: Int

  private let split: SplitLayout
  private let packed: PackedLayout
  private let maximumSize: UInt16

  /// - Parameters:
  ///   - capacity: The most entries that the driver wants.
  ///   - maximumSize: The most entries that the device allows.
  ///   - lineByteCount: ``DMARegion/lineByteCount`` of the memory.
  init(capacity: Int, maximumSize: UInt16, lineByteCount: Int, _ features: Features) {
    split = SplitLayout(capacity: capacity, lineByteCount: lineByteCount)
    packed = PackedLayout(capacity: capacity, lineByteCount: lineByteCount)
    self.maximumSize = maximumSize
    let isPacked = features.contains(.packedRing)
    size =
      isPacked
      ? packed.size(atMost: Int(maximumSize)) : split.size(atMost: Int(maximumSize))
    var mode: QueueMode = isPacked ? .packed : []
    if features.contains(.inOrder) { mode.insert(.inOrder) }
    if features.contains(.eventIndex) { mode.insert(.eventIndex) }
    if features.contains(.orderPlatform) { mode.insert(.ordersForPlatform) }
    // Where the ring has what the driver wants, tables would gain nothing.
    let hasTables = features.contains(.indirectDescriptors) && size < capacity
    if hasTables { mode.insert(.indirect) }
    self.mode = mode
    byteCount =
      isPacked ? packed.byteCount(withTables: hasTables) : split.byteCount(withTables: hasTables)
  }

  /// What the device is told of such a queue that lies at `address`.
  func placement(
    of index: UInt16, at address: DeviceAddress, _ features: Features, interrupts: Bool
  ) -> QueuePlacement {
    let offsets =
      mode.contains(.packed)
      ? (packed.ringOffset, packed.driverEventOffset, packed.deviceEventOffset)
      : (split.descriptorOffset, split.availableOffset, split.usedOffset)
    return QueuePlacement(
      index: index, size: UInt16(truncatingIfNeeded: size), maximumSize: maximumSize,
      descriptorArea: address.advanced(by: offsets.0),
      driverArea: address.advanced(by: offsets.1),
      deviceArea: address.advanced(by: offsets.2), features: features, interrupts: interrupts)
  }
}
