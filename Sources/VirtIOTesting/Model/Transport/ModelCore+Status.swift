import VirtIO

/// The device status: the steps of initialisation, in their order.
///
/// - Spec: VirtIO 1.4 §2.1 "Device Status Field", §3.1 "Device Initialization"
extension ModelCore {
  private static var stages: [DeviceStatus] { [.acknowledge, .driver, .featuresOK, .driverOK] }

  /// The driver writes the status.
  func writeStatus(_ value: UInt8) {
    if value == 0 {
      reset()
      return
    }
    let old = common.written
    let added = value & ~old
    if common.isResetPending {
      violate(.pciCom9, "status \(value) is written before it read 0 after a reset")
    } else if !common.wasReset {
      violate(.init2, "status \(value) is written before any reset")
    } else if old & ~value & ~refusedBits != 0 {
      violate(.status2, "status \(value) is written, which drops bits of \(old)")
    } else if common.hasWritten(.failed) {
      if added != 0 { violate(.status3, "status \(value) is written after FAILED") }
    } else if added & ~(DeviceStatus.failed.rawValue) != 0 {
      checkStage(adding: added, to: old)
    }
    common.written = value
    let kept = common.status & DeviceStatus.needsReset.rawValue
    common.status = value | kept
    if added & DeviceStatus.featuresOK.rawValue != 0 {
      common.isReadBack = false
      common.isRefused = refusesFeatures || !acceptsFeatures
      refusesFeatures = false
    }
    if common.isRefused { common.status &= ~DeviceStatus.featuresOK.rawValue }
    if added & DeviceStatus.featuresOK.rawValue != 0 { didAgree() }
    if added & DeviceStatus.driverOK.rawValue != 0 { work() }
  }

  /// A bit that the driver has seen the device drop is not the driver's to keep.
  private var refusedBits: UInt8 {
    common.isRefused && common.isReadBack ? DeviceStatus.featuresOK.rawValue : 0
  }

  private func checkStage(adding added: UInt8, to old: UInt8) {
    let added = DeviceStatus(rawValue: added)
    let old = DeviceStatus(rawValue: old)
    let stages = Self.stages.filter { added.contains($0) }
    if added.contains(DeviceStatus(rawValue: 16)) {
      violate(.rfbD1, "SUSPEND is written without its feature")
    } else if old.contains(.driverOK), !stages.isEmpty {
      violate(.init13, "status \(added.rawValue) is added after DRIVER_OK")
    } else if stages.count > 1 {
      let isLate = added.contains(.driverOK)
      violate(isLate ? .init1 : .status1, "one write adds the stages of \(added.rawValue)")
    } else if added.contains(.driver), !old.contains(.acknowledge) {
      violate(.init3, "DRIVER is written before ACKNOWLEDGE")
    } else if added.contains(.featuresOK) {
      checkFeatures(old)
    } else if added.contains(.driverOK) {
      if !old.contains(.featuresOK) {
        violate(.init8, "DRIVER_OK is written without FEATURES_OK")
      } else if !common.isReadBack {
        violate(.init10, "DRIVER_OK is written before FEATURES_OK was read back")
      } else if common.isRefused {
        violate(.init11, "DRIVER_OK is written although FEATURES_OK did not stay")
      } else if !pci.isBusMaster {
        violate(.modelBus4, "DRIVER_OK is written to a function that may not reach memory")
      }
    }
  }

  /// The driver has read the status.
  func didReadStatus(_ value: UInt8) {
    common.statusSeen = value
    common.isReadBack = true
    if value & DeviceStatus.needsReset.rawValue != 0 { common.sawNeedsReset = true }
    // A device whose FEATURES_OK only seems clear is refused all the same.
    if common.hasWritten(.featuresOK), value & DeviceStatus.featuresOK.rawValue == 0 {
      common.isRefused = true
    }
    if value == 0 {
      common.isResetPending = false
      common.formerRanges = []
    }
  }

  // MARK: Reset

  private func reset() {
    if common.isRefused, !common.hasWritten(.failed) {
      violate(.init14, "the device is reset after FEATURES_OK was refused, without FAILED")
    }
    checkGivenUp()
    settleNotifications()
    let former = common.isResetPending ? common.formerRanges : usedRanges
    common = CommonState()
    common.wasReset = true
    common.isResetPending = true
    common.formerRanges = former
    slot.didReset()
    interruptStatus = 0
    for index in queues.indices { renew(index) }
    gpu.reset()
    deviceConfiguration.reset()
  }

  /// A driver that needs VERSION_1 and does not get it has to say that it failed.
  private func checkGivenUp() {
    let isMissing = configuration.offeredFeatures & Features.version1.rawValue == 0
    if isMissing, common.hasWritten(.driver), common.wordsRead.contains(1),
      !common.hasWritten(.featuresOK), !common.hasWritten(.failed)
    {
      violate(.feat13, "VERSION_1 is not offered, and the driver gives up without FAILED")
    }
  }

  /// Judges at the end.
  func finishCommon() { checkGivenUp() }
}
