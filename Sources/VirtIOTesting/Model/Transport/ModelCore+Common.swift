import VirtIO

/// The common configuration structure: who may access what, and how.
extension ModelCore {
  /// The queue that is selected; nil if there is none.
  var selected: Int? {
    queues.indices.contains(Int(common.queueSelect)) ? Int(common.queueSelect) : nil
  }

  /// The driver reads the common configuration.
  func commonRead(_ offset: Int, _ width: Int) -> UInt64 {
    guard let field = CommonField.containing(offset) else { return .max }
    if let rule = field.rule(against: offset, width) {
      violate(rule, "\(field.name) is read by \(width) bytes at \(offset - field.offset)")
      return .max
    }
    if field.offset >= 0x38 { checkOptional(field) }
    if common.unreadVector == field.offset { common.unreadVector = nil }
    return commonValue(field) >> UInt64(8 * (offset - field.offset))
  }

  private func commonValue(_ field: CommonField) -> UInt64 {
    let queue = selected.map { queues[$0] }
    switch field.offset {
    case 0x00: return UInt64(common.deviceFeatureSelect)
    case 0x04:
      common.wordsRead.insert(common.deviceFeatureSelect)
      return word(common.deviceFeatureSelect, of: configuration.offeredFeatures)
    case 0x08: return UInt64(common.driverFeatureSelect)
    case 0x0c: return word(common.driverFeatureSelect, of: common.accepted)
    case 0x10: return UInt64(common.configurationVector)
    case 0x12: return UInt64(queues.count)
    case 0x14: return UInt64(common.status)
    case 0x15: return UInt64(deviceConfiguration.generation)
    case 0x16: return UInt64(common.queueSelect)
    case 0x18: return UInt64(queue?.size ?? 0)
    case 0x1a: return UInt64(queue?.vector ?? MSIXState.noVector)
    case 0x1c: return queue.map { $0.isEnabled || $0.reset?.isPending == true } == true ? 1 : 0
    case 0x1e: return UInt64(queue?.index ?? 0)
    case 0x20: return queue?.addresses[0] ?? 0
    case 0x28: return queue?.addresses[1] ?? 0
    case 0x30: return queue?.addresses[2] ?? 0
    case 0x38: return common.has(.notificationConfigData) ? UInt64(notifiedName(of: selected)) : 0
    case 0x3a: return selected.map { readQueueReset($0) } ?? 0
    default: return 0
    }
  }

  private func word(_ select: UInt32, of features: UInt64) -> UInt64 {
    select < 2 ? features >> UInt64(32 * select) & 0xffff_ffff : 0
  }

  /// Fields behind the queue's addresses come with features.
  private func checkOptional(_ field: CommonField) {
    let feature: Features =
      switch field.offset {
      case 0x38: .notificationConfigData
      case 0x3a: .ringReset
      default: Features(rawValue: 1 << 41)
      }
    if !common.has(feature) {
      violate(.rfbD1, "\(field.name) is accessed without its feature")
    }
  }

  /// The driver writes the common configuration.
  func commonWrite(_ offset: Int, _ width: Int, _ value: UInt64) {
    guard let field = CommonField.containing(offset) else { return }
    if let rule = field.rule(against: offset, width) {
      violate(rule, "\(field.name) is written by \(width) bytes at \(offset - field.offset)")
      return
    }
    if let rule = field.writeRule {
      violate(rule, "\(field.name) is written with \(value)")
      return
    }
    let givesUp = field.offset == 0x14 && (value == 0 || value & 0x80 != 0)
    if let unread = common.unreadVector, unread != field.offset, !givesUp {
      violate(.msix5, "a vector was written, and \(field.name) is written before it is read back")
      common.unreadVector = nil
    }
    closeConfiguration(for: field.name, givesUp: givesUp)
    let word = UInt32(truncatingIfNeeded: value)
    let half = UInt16(truncatingIfNeeded: value)
    if field.offset != 0x14, common.isResetPending {
      violate(.pciCom9, "\(field.name) is written before the status read 0 after a reset")
    }
    switch field.offset {
    case 0x00: common.deviceFeatureSelect = word
    case 0x08: common.driverFeatureSelect = word
    case 0x0c: writeDriverFeature(word)
    case 0x10: common.configurationVector = checkedVector(half, field)
    case 0x14: writeStatus(UInt8(truncatingIfNeeded: value))
    case 0x16: if checkStage(of: field, selects: true) { common.queueSelect = half }
    case 0x3a:
      checkOptional(field)
      writeQueueReset(value)
    default: writeQueueField(field, offset, value)
    }
  }

  /// A vector that the driver wants events to have.
  private func checkedVector(_ vector: UInt16, _ field: CommonField) -> UInt16 {
    common.unreadVector = field.offset
    if vector != MSIXState.noVector, Int(vector) >= msix.entries.count {
      violate(.msix4, "\(field.name) is \(vector), of \(msix.entries.count) vectors")
      return MSIXState.noVector
    }
    return vector
  }

  // MARK: Queues

  /// Whether queues may be set up now.
  private func checkStage(of field: CommonField, selects: Bool = false) -> Bool {
    if common.isResetPending { return false }
    if common.hasWritten(.failed) {
      violate(.init15, "\(field.name) is written after FAILED")
    } else if !common.hasWritten(.featuresOK) {
      violate(.init12, "\(field.name) is written before FEATURES_OK")
    } else if common.isReadBack, common.isRefused {
      violate(.init11, "\(field.name) is written although FEATURES_OK did not stay")
    } else if !common.isReadBack {
      violate(.init10, "\(field.name) is written before FEATURES_OK was read back")
    } else if !selects, common.hasWritten(.driverOK), selected.flatMap({ queues[$0].reset }) == nil
    {
      violate(.init12, "\(field.name) is written after DRIVER_OK")
    }
    return true
  }

  private func writeQueueField(_ field: CommonField, _ offset: Int, _ value: UInt64) {
    guard checkStage(of: field) else { return }
    guard let index = selected, queues[index].maximumSize > 0 else {
      violate(.pciVqD1, "\(field.name) of queue \(common.queueSelect) is written, which is absent")
      return
    }
    if queues[index].reset?.isPending == true {
      violate(.pciCom11, "\(field.name) of queue \(index) is written before its reset read as done")
      return
    }
    if queues[index].isEnabled, !(field.offset == 0x1c && value == 0) {
      violate(.pciCom8, "\(field.name) of queue \(index) is written while it is enabled")
      return
    }
    switch field.offset {
    case 0x18: writeQueueSize(index, UInt16(truncatingIfNeeded: value))
    case 0x1a:
      queues[index].vector = checkedVector(UInt16(truncatingIfNeeded: value), field)
    case 0x1c:
      if value == 1 {
        enableQueue(index)
      } else {
        violate(.pciCom10, "queue_enable written \(value)")
      }
    default: writeQueueAddress(index, field, isHigh: offset != field.offset, value)
    }
  }
}
