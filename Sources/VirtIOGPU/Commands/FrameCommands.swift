/// The two commands that every frame needs, TRANSFER_TO_HOST_2D and RESOURCE_FLUSH, in slots of their own.
///
/// They stay encoded from one frame to the next in the same memory, so that only the fence is new.
struct FrameCommands {
  /// What they are encoded for.
  var place = FramePlace(resource: .none, scanout: 0, slot: 0)
  /// Whether they are encoded for all of the frame.
  var isWhole = false
  /// The fence of the frame under way.
  var fence: UInt64 = 0
  /// How many commands of the frame under way the device still has, those that it has in other slots
  /// included.
  var pendingCount = 0
  /// The first of them that failed.
  var failure: CommandFailure?
}

/// Which frame commands are for.
struct FramePlace: Equatable {
  /// What the pixels are transferred to.
  let resource: ResourceID
  /// Which surface the pixels are in.
  let scanout: UInt8
  /// Where in that surface.
  let slot: UInt8
}
