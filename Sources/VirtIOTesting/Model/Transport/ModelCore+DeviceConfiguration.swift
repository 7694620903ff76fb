import VirtIO

/// The device configuration of the GPU, its events and its generation.
///
/// - Spec: VirtIO 1.4 §2.5 "Device Configuration Space", §5.7.4 "Device configuration layout"
struct DeviceConfigurationState {
  var generation: UInt8 = 0
  var events: UInt32 = 0
  /// Events that the driver has read and not cleared.
  var eventsSeen: UInt32 = 0
  /// The generation as the driver read it, if nothing else came since.
  var bracket: UInt64?
  /// A field was read, and the generation not again.
  var isOpen = false
  /// The generation changed while fields were read, and they were not read again.
  var isTorn = false

  mutating func reset() {
    eventsSeen = 0
    bracket = nil
    isOpen = false
    isTorn = false
  }
}

extension ModelCore {
  private static var names: [String] {
    ["events_read", "events_clear", "num_scanouts", "num_capsets", "blob_alignment"]
  }

  /// The driver reads a field.
  func deviceRead(_ offset: Int, _ width: Int) -> UInt64 {
    guard width == 4, offset & 3 == 0 else {
      violate(.pciAcc3, "\(Self.names[offset / 4]) is read by \(width) bytes")
      return .max
    }
    if deviceConfiguration.bracket == nil {
      violate(.cfg3, "\(Self.names[offset / 4]) is read before the generation")
    }
    deviceConfiguration.isOpen = deviceConfiguration.bracket != nil
    deviceConfiguration.isTorn = false
    switch offset {
    case 0: return UInt64(deviceConfiguration.events)
    case 8: return UInt64(outputs.count)
    case 12: return UInt64(capabilitySetCount)
    case 16: return 4096
    default: return 0
    }
  }

  /// The driver has read the generation.
  func didReadGeneration(_ value: UInt64) {
    if deviceConfiguration.isOpen, deviceConfiguration.bracket != value {
      deviceConfiguration.isTorn = true
    }
    deviceConfiguration.isOpen = false
    deviceConfiguration.bracket = value
  }

  /// The driver goes on to something else than reading the configuration.
  func closeConfiguration(for next: String, givesUp: Bool) {
    if deviceConfiguration.isOpen {
      violate(.cfg3, "\(next) is written before the generation was read again")
    } else if deviceConfiguration.isTorn, !givesUp {
      violate(.cfg2, "\(next) is written after fields that changed while they were read")
    }
    deviceConfiguration.isOpen = false
    deviceConfiguration.isTorn = false
    deviceConfiguration.bracket = nil
  }

  /// The driver writes a field.
  func deviceWrite(_ offset: Int, _ width: Int, _ value: UInt64) {
    guard width == 4, offset & 3 == 0 else {
      violate(.pciAcc3, "\(Self.names[offset / 4]) is written by \(width) bytes")
      return
    }
    closeConfiguration(for: Self.names[offset / 4], givesUp: false)
    guard common.hasWritten(.featuresOK) else {
      violate(.init7, "\(Self.names[offset / 4]) is written before FEATURES_OK")
      return
    }
    switch offset {
    case 0: violate(.gpuCfg1, "events_read is written with \(value)")
    case 4: clearEvents(UInt32(truncatingIfNeeded: value))
    default: violate(.gpuD5, "\(Self.names[offset / 4]) is written with \(value)")
    }
  }

  private func clearEvents(_ bits: UInt32) {
    if bits & ~deviceConfiguration.eventsSeen != 0 {
      violate(.gpuD4, "events \(bits) are cleared, of which the driver did not read all")
    }
    if bits & deviceConfiguration.events & 1 != 0 { gpu.didClearDisplayEvent(outputs) }
    deviceConfiguration.eventsSeen &= ~bits
    if deviceConfiguration.events & bits != 0 {
      deviceConfiguration.events &= ~bits
    }
  }

  // MARK: The world outside

  /// A display was connected, disconnected or resized.
  func setOutput(_ index: Int, to output: ModelConfiguration.Output) {
    guard outputs.indices.contains(index) else { return }
    outputs[index] = output
    raiseDisplayEvent()
  }

  /// Raises VIRTIO_GPU_EVENT_DISPLAY.
  func raiseDisplayEvent() {
    deviceConfiguration.events |= 1
    deviceConfiguration.generation &+= 1
    if common.isLive { interrupt(vector: common.configurationVector, status: 2) }
  }

  /// Judges at the end.
  func finishDeviceConfiguration() {
    if deviceConfiguration.isOpen {
      violate(.cfg3, "the generation was not read after the last field")
    }
  }
}
