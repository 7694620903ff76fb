/// How many pictures a scanout has room for, and so how far the program and the device can be apart.
public enum BufferCount: Int, CaseIterable, Sendable {
  /// The program draws while the device waits, and waits while the device works.
  case one = 1
  /// The program draws the next frame while the device takes the last.
  case two
  /// The program need not wait for a device that is one frame behind; what ``PresentationPolicy/mailbox``
  /// needs.
  case three
}

/// What becomes of a presented frame while the device is still busy with one before.
public enum PresentationPolicy: Sendable {
  /// It is sent at once, behind the others: each frame is shown.
  case queued
  /// It waits until the device is done, and is sent then, unless a newer one takes its place: the newest
  /// frame is shown soonest. The frame whose place is taken is free again at once, and what it changed
  /// goes along with the newer one.
  case mailbox
}
