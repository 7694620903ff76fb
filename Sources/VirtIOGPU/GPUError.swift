public import VirtIO
public import VirtIOGraphics

/// What can go wrong with a GPU.
public enum GPUError: Error, Equatable, Sendable {
  /// The device could not be taken into service.
  case device(DeviceError)
  /// The device broke the rules of a queue; only a reset helps: ``Display/recover(waiting:)``.
  case queue(QueueError)
  /// The platform had no memory.
  case outOfMemory(AllocationFailure)
  /// The device did not do what a command asked for.
  case command(CommandFailure)
  /// The device did not answer in time. Its memory is left alone until it is reset.
  case timedOut(CommandSubject, needsReset: Bool)
  /// The device has asked for a reset: it is given nothing more until ``Display/recover(waiting:)``.
  case needsReset
  /// All command slots are in use; some will be free again when the device has answered.
  case busy
  /// No frame became free in time: the device still has it, or the program does.
  case noFrame(ScanoutID)
  /// The scanout does not exist, or nothing is connected to it.
  case scanoutDisabled(ScanoutID)
  /// No scanout at all is enabled.
  case noScanout
  /// A picture of this size has no pixels, or more than the device can be told of.
  case invalidSize(width: UInt32, height: UInt32)
  /// This rectangle is no part of the surface that was to be shown.
  case invalidViewport(Rectangle)
  /// The scanout shows another's surface, or its own is shown by another, so that it cannot be part of
  /// this layout.
  case surfaceIsShared(ScanoutID)
  /// The memory of a picture lies in more pieces than a device takes.
  case tooScattered(pieceCount: Int, limit: Int)
  /// The frame belongs to a surface that is gone.
  case staleFrame
  /// A cursor image has not as many pixels as its width and height say.
  case invalidCursorImage(pixelCount: Int)
  /// A cursor points with a pixel that is not in its image.
  case invalidHotspot(x: UInt32, y: UInt32)
  /// The program has set aside less than the device may fill.
  case bufferTooSmall(byteCount: Int, needed: Int)
  /// The device does not offer the feature that this needs.
  case notOffered(GPUFeatures)
}

/// What a command was about.
public struct CommandSubject: Equatable, Sendable {
  /// Which command.
  public let command: CommandType
  /// The resource it named; ``ResourceID/none`` if none.
  public let resource: ResourceID
  /// The scanout it was for.
  public let scanout: ScanoutID?

  init(_ command: CommandType, resource: ResourceID = .none, scanout: ScanoutID? = nil) {
    self.command = command
    self.resource = resource
    self.scanout = scanout
  }
}

/// A command that failed, and how.
public struct CommandFailure: Equatable, Sendable {
  /// What it was about.
  public let subject: CommandSubject
  /// How it failed.
  public let reason: Reason

  /// How a command failed.
  public enum Reason: Equatable, Sendable {
    /// The device answered with an error.
    case refused(ResponseType)
    /// The device answered with something else than what this command is answered with.
    case unexpected(ResponseType)
    /// The answer is too short for what it says it is.
    case short(byteCount: UInt32)
    /// The answer does not echo the fence of the request.
    case fence(expected: UInt64, found: UInt64?)
  }
}
