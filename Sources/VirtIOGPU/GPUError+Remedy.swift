public import VirtIO

extension GPUError {
  /// What can be done about an error.
  public enum Remedy: Equatable, Sendable {
    /// To do the same again, later or after something was freed or has changed: the device is well.
    case retry
    /// ``Display/recover(waiting:)``: the device has to start over.
    case recover
    /// Nothing: the same will not succeed on this device, or with these arguments.
    case none
  }

  /// What can be done about this error.
  ///
  /// | error | remedy |
  /// |---|---|
  /// | ``timedOut(_:needsReset:)``, ``needsReset`` | recover; a device that is only slow may do with more patience |
  /// | ``queue(_:)``, as the device broke the rules or the queue is out of service | recover |
  /// | ``busy``, ``noFrame(_:)`` | retry, when the device or the program has given something back |
  /// | ``outOfMemory(_:)``, ``tooScattered(pieceCount:limit:)`` | retry, when something was freed |
  /// | ``scanoutDisabled(_:)``, ``noScanout`` | retry, when a display was connected |
  /// | ``command(_:)`` | see ``CommandFailure/remedy`` |
  /// | ``device(_:)`` | see ``VirtIO/DeviceError/remedy`` |
  /// | all others: the arguments do not suit the display | none |
  public var remedy: Remedy {
    switch self {
    case .timedOut, .needsReset: .recover
    case .queue(let error): error.remedy
    case .busy, .noFrame, .outOfMemory, .tooScattered, .scanoutDisabled, .noScanout: .retry
    case .command(let failure): failure.remedy
    case .device(let error): error.remedy
    case .staleFrame, .invalidSize, .invalidViewport, .surfaceIsShared, .invalidCursorImage,
      .invalidHotspot, .invalidBlobAlignment, .bufferTooSmall, .notOffered:
      .none
    }
  }
}

extension CommandFailure {
  /// What can be done about a command that failed.
  ///
  /// | answer | what it means | remedy |
  /// |---|---|---|
  /// | 0x1200 `ERR_UNSPEC` | anything | retry |
  /// | 0x1201 `ERR_OUT_OF_MEMORY` | the device has no room for the resource | retry, when another has gone |
  /// | 0x1202 `ERR_INVALID_SCANOUT_ID` | it knows no such scanout: it and the driver disagree | recover |
  /// | 0x1203 `ERR_INVALID_RESOURCE_ID` | it knows no such resource: they disagree | recover |
  /// | 0x1204 `ERR_INVALID_CONTEXT_ID` | the driver names none: they disagree | recover |
  /// | 0x1205 `ERR_INVALID_PARAMETER` | it does not do that, as with too small a picture | none |
  /// | any other error | anything | retry |
  /// | any of these but 0x1205, to what makes a scanout's resource and shows it | its frames cannot be shown | recover |
  /// | no error, but not the answer to this command, or too short, or without its fence | it is confused | recover |
  public var remedy: GPUError.Remedy {
    guard case .refused(let response) = reason else { return .recover }
    switch response {
    case .invalidParameter: return .none
    case _ where isOfSurface: return .recover
    case .invalidScanoutID, .invalidResourceID, .invalidContextID: return .recover
    default: return .retry
    }
  }

  /// Whether no frame of its scanout can be shown for want of what was refused.
  private var isOfSurface: Bool {
    guard subject.scanout != nil else { return false }
    switch subject.command {
    case .resourceCreate2D, .resourceCreateBlob, .resourceAttachBacking, .setScanout,
      .setScanoutBlob:
      return true
    default: return false
    }
  }
}

extension QueueError {
  /// What can be done about it.
  fileprivate var remedy: GPUError.Remedy {
    switch self {
    case .broken, .disabled: .recover
    case .full, .inFlight: .retry
    case .tooLong, .empty: .none
    }
  }
}

extension DeviceError {
  /// What can be done about a device that could not be taken into service again.
  ///
  /// | error | remedy |
  /// |---|---|
  /// | ``/VirtIO/DeviceError/neverReset(status:)``, ``/VirtIO/DeviceError/wrongStatus(found:)``, ``/VirtIO/DeviceError/featuresRefused(accepted:)`` | recover: once more |
  /// | ``/VirtIO/DeviceError/queueNeverReset(index:)``, ``/VirtIO/DeviceError/queueRefused(index:isKept:)`` | recover |
  /// | ``/VirtIO/DeviceError/configurationUnstable``, ``/VirtIO/DeviceError/outOfMemory(_:)`` | retry |
  /// | all others | none: it is another device than the driver is for, or has become one |
  public var remedy: GPUError.Remedy {
    switch self {
    case .neverReset, .wrongStatus, .featuresRefused, .queueNeverReset, .queueRefused: .recover
    case .configurationUnstable, .outOfMemory: .retry
    case .wrongType, .missingFeatures, .configurationTooSmall, .queueMissing, .queueTooSmall,
      .notificationOutOfRange:
      .none
    }
  }
}
