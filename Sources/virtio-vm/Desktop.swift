import Foundation

/// Whether there is a desktop to open a window on.
enum Desktop {
  static var isPresent: Bool {
    #if os(macOS)
    true
    #else
    let environment = ProcessInfo.processInfo.environment
    return ["DISPLAY", "WAYLAND_DISPLAY"].contains { environment[$0]?.isEmpty == false }
    #endif
  }
}
