import Foundation

/// What the program says about its own doing, on standard error: standard output is the guest's.
enum Progress {
  static func say(_ text: String) {
    // If nobody reads it, there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data("virtio-vm: \(text)\n".utf8))
  }
}
