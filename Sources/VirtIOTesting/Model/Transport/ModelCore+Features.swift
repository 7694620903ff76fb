import VirtIO

/// Features: what is offered, and what may be accepted.
///
/// - Spec: VirtIO 1.4 §2.2 "Feature Bits", §6 "Reserved Feature Bits"
extension ModelCore {
  /// Bits that need another one.
  private static var dependencies: [(bit: UInt64, needs: UInt64, names: String)] {
    [
      (4, 0, "CONTEXT_INIT without VIRGL"), (5, 3, "BLOB_ALIGNMENT without RESOURCE_BLOB"),
    ]
  }

  /// The driver writes a word of the features that it accepts.
  func writeDriverFeature(_ value: UInt32) {
    let select = common.driverFeatureSelect
    if common.hasWritten(.failed) {
      violate(.init15, "driver_feature is written after FAILED")
    } else if common.hasWritten(.featuresOK) {
      violate(.init9, "driver_feature is written after FEATURES_OK")
      return
    } else if !common.isResetPending, !common.hasWritten(.driver) {
      violate(.init4, "driver_feature is written before DRIVER")
    } else if select < 2, !common.wordsRead.contains(select) {
      violate(.feat3, "word \(select) of driver_feature is written before the offer was read")
    }
    common.wordsWritten.insert(select)
    guard select < 2 else {
      if value != 0 { violate(select < 4 ? .feat11 : .feat7, "word \(select) is \(value)") }
      return
    }
    let shift = UInt64(32 * select)
    common.accepted = common.accepted & ~(0xffff_ffff << shift) | UInt64(value) << shift
    for bit in shift..<shift + 32 where common.accepted >> bit & 1 != 0 {
      if let rule = Self.rule(against: bit) {
        violate(rule, "feature bit \(bit) is accepted")
      } else if configuration.offeredFeatures >> bit & 1 == 0 {
        violate(.feat1, "feature bit \(bit) is accepted, which was not offered")
      }
    }
  }

  /// Why a bit cannot be accepted by any driver of a GPU.
  private static func rule(against bit: UInt64) -> ModelRule? {
    switch bit {
    case 6...23, 42, 50...63: .feat11
    case 24...27, 30, 31: .feat5
    case 44...49: .feat7
    default: nil
    }
  }

  /// FEATURES_OK is written.
  func checkFeatures(_ old: DeviceStatus) {
    if !old.contains(.driver) {
      violate(.init4, "FEATURES_OK is written before DRIVER")
      return
    }
    guard common.wordsWritten.isSuperset(of: [0, 1]) else {
      violate(.init5, "FEATURES_OK is written before both words of driver_feature")
      return
    }
    for dependency in Self.dependencies
    where common.accepted >> dependency.bit & 1 != 0 && common.accepted >> dependency.needs & 1 == 0
    {
      violate(.feat2, "\(dependency.names) is accepted")
    }
    let wanted: [(Features, ModelRule, String)] = [
      (.version1, .rfb1, "VERSION_1"), (.accessPlatform, .rfb3, "ACCESS_PLATFORM"),
      (.packedRing, .rfb6, "RING_PACKED"), (.orderPlatform, .rfb7, "ORDER_PLATFORM"),
      (.notificationConfigData, .rfb14, "NOTIF_CONFIG_DATA"),
    ]
    let declined = configuration.offeredFeatures & ~common.accepted
    for (feature, rule, name) in wanted where declined & feature.rawValue != 0 {
      violate(rule, "\(name) is offered and not accepted")
    }
  }

  /// Whether the device can work with what was accepted.
  var acceptsFeatures: Bool {
    common.accepted & ~configuration.offeredFeatures == 0
      && common.accepted & Features.version1.rawValue != 0
  }
}
