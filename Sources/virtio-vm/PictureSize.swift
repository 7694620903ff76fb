import ArgumentParser

/// A size as the user types it: `1024x768`.
struct PictureSize: ExpressibleByArgument, CustomStringConvertible {
  let width: UInt16
  let height: UInt16

  init?(argument: String) {
    let parts = argument.lowercased().split(separator: "x", omittingEmptySubsequences: false)
    guard parts.count == 2, let width = UInt16(parts[0]), let height = UInt16(parts[1]),
      width >= 16, height >= 16
    else { return nil }
    self.width = width
    self.height = height
  }

  var description: String { "\(width)x\(height)" }
}

extension PictureSize {
  /// The size of a display for which the user names none.
  static let standard = PictureSize(width: 1024, height: 768)

  /// The size of a display on which much is to happen.
  static let small = PictureSize(width: 640, height: 480)

  private init(width: UInt16, height: UInt16) {
    self.width = width
    self.height = height
  }
}
