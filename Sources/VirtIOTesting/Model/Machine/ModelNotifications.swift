/// When the device of a ``ModelMachine`` asks to be told of new buffers.
///
/// What it does not ask for it finds by itself when it gets to work. What it does ask for it waits for: so
/// a driver that forgets to tell hangs here.
///
/// - Spec: VirtIO 1.4 §2.7.10 "Available Buffer Notification Suppression", §2.8.10 "Driver and Device Event
///   Suppression"
public enum ModelNotifications: Hashable, Sendable {
  /// It wants to hear of each buffer.
  case always
  /// It wants to hear of each n-th buffer, or slot of a packed ring; of all without VIRTIO_F_EVENT_IDX.
  case every(Int)
  /// While it works, and for so many polls after it, it wants to hear of nothing, then of each buffer.
  case late(polls: Int)
  /// It wants to hear of nothing.
  case never
  /// It says nothing about it, so that only faults do, and looks at nothing of which it is not notified: so a word
  /// that it does not mean holds the driver back.
  case stuck
}
