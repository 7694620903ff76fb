import VirtIOGraphics

/// What a surface is like.
struct SurfaceShape: Equatable {
  var width: UInt32
  var height: UInt32
  var format: PixelFormat

  /// Whether there can be such a surface: it has pixels, and its length is told by 32 bits, as the
  /// length of a backing entry is.
  var isPossible: Bool {
    let pixelCount = UInt64(width) &* UInt64(height)
    return pixelCount > 0 && pixelCount <= UInt64(UInt32.max) / 4
  }

  /// All of it.
  var bounds: Rectangle { Rectangle(x: 0, y: 0, width: Int(width), height: Int(height)) }
}

/// What the program has asked the surface of a scanout to be like.
struct ModeRequest: Equatable {
  /// How wide; 0 if that is left to the display.
  var width: UInt32 = 0
  /// How high.
  var height: UInt32 = 0
  /// How a pixel lies in memory.
  var format: PixelFormat

  /// Whether the size is left to the display.
  var followsDisplay: Bool { width == 0 }
}
