/// The picture that TestCard promises.
package enum TestCardPicture {
  /// The card of scanout `scanout` in this size.
  package static func expected(scanout: Int, width: Int, height: Int) -> Picture? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(3 * width * height)
    let reds = (0..<width).map { UInt8(width > 1 ? $0 * 255 / (width - 1) : 0) }
    for y in 0..<height {
      let green = UInt8(height > 1 ? y * 255 / (height - 1) : 0)
      for x in 0..<width {
        bytes.append(reds[x])
        bytes.append(green)
        bytes.append(UInt8(truncatingIfNeeded: x ^ y ^ (scanout &* 64)))
      }
    }
    return Picture(width: width, height: height, bytes: bytes)
  }

  /// What is wrong with a screenshot; nil if every pixel is as promised.
  package static func difference(_ picture: Picture, scanout: Int, width: Int, height: Int)
    -> String?
  {
    guard picture.width == width, picture.height == height else {
      return "The screenshot is \(picture.width)x\(picture.height), not \(width)x\(height)."
    }
    guard let expected = expected(scanout: scanout, width: width, height: height) else {
      return "The expected picture has no size."
    }
    if picture == expected { return nil }
    let wrong = (0..<width * height).filter {
      picture[$0 % width, $0 / width] != expected[$0 % width, $0 / width]
    }
    guard let first = wrong.first else { return nil }
    let (x, y) = (first % width, first / width)
    return "\(wrong.count) pixels differ; the first at \(x), \(y): "
      + "\(picture[x, y]) instead of \(expected[x, y])."
  }
}
