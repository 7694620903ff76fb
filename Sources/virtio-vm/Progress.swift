import Foundation

/// What the program says about its own doing, on standard error: standard output is the guest's.
enum Progress {
  static func say(_ text: String) {
    // A reader that has gone away ends the program by SIGPIPE; there is nobody to tell.
    try? FileHandle.standardError.write(contentsOf: Data("virtio-vm: \(text)\n".utf8))
  }
}
