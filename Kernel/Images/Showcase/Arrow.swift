/// The cursor's image: an arrow that points to its first pixel.
enum Arrow {
  static var side: UInt32 { 18 }

  /// Its pixels, white with a dark edge.
  static var pixels: InlineArray<324, UInt32> {
    InlineArray { index in pixel(index % 18, index / 18) }
  }

  private static func pixel(_ x: Int, _ y: Int) -> UInt32 {
    // A triangle, of which the lower right side is cut in.
    guard isInside(x, y) else { return 0 }
    let isEdge =
      !isInside(x - 1, y) || !isInside(x + 1, y) || !isInside(x, y - 1) || !isInside(x, y + 1)
    return isEdge ? 0xFF10_1428 : 0xFFFF_FFFF
  }

  private static func isInside(_ x: Int, _ y: Int) -> Bool {
    x >= 0 && y >= x && x + y <= 17 + x / 2 && y < 18
  }
}
