/// A resource of the model: its pixels, and where in guest memory its backing lies.
struct ModelResource {
  /// How its pixels have come to the device.
  enum Filling {
    case never
    case unfenced
    case fenced
    /// By a fence that the driver has seen.
    case arrived
  }

  let width: UInt32
  let height: UInt32
  let format: ModelFormat
  var backing: [ModelRange] = []
  var pixels: [UInt8]
  var filling = Filling.never

  init(width: UInt32, height: UInt32, format: ModelFormat) {
    self.width = width
    self.height = height
    self.format = format
    pixels = Array(repeating: 0, count: Int(width) * Int(height) * 4)
  }

  var bounds: ModelRectangle {
    ModelRectangle(x: 0, y: 0, width: UInt64(width), height: UInt64(height))
  }
}

/// Where in the 4 bytes of a pixel its colours lie (`enum virtio_gpu_formats`).
struct ModelFormat {
  let red: Int
  let green: Int
  let blue: Int

  init?(_ number: UInt32) {
    switch number {
    case 1, 2: (red, green, blue) = (2, 1, 0)
    case 3, 4: (red, green, blue) = (1, 2, 3)
    case 67, 134: (red, green, blue) = (0, 1, 2)
    case 68, 121: (red, green, blue) = (3, 2, 1)
    default: return nil
    }
  }
}

/// What an output shows.
struct ModelScanout {
  let resource: UInt32
  let rectangle: ModelRectangle
  /// Three bytes a pixel, as they were flushed.
  var pixels: [UInt8]

  init(resource: UInt32, rectangle: ModelRectangle) {
    self.resource = resource
    self.rectangle = rectangle
    pixels = Array(repeating: 0, count: Int(rectangle.width * rectangle.height) * 3)
  }
}

/// The cursor of a scanout.
public struct ModelCursor: Equatable, Sendable {
  /// On which scanout.
  public let scanout: UInt32
  /// Where it points to.
  public var x: UInt32
  /// Where it points to.
  public var y: UInt32
  /// Which column of the image points.
  public let hotspotX: UInt32
  /// Which row of the image points.
  public let hotspotY: UInt32
  /// 64 times 64 pixels of 4 bytes, as they were when the cursor was set.
  public let pixels: [UInt8]
}

/// What the GPU has been told.
///
/// - Spec: VirtIO 1.4 §5.7.6 "Device Operation"
struct GPUState {
  var resources: [UInt32: ModelResource] = [:]
  var scanouts: [Int: ModelScanout] = [:]
  var cursors: [ModelCursor] = []
  /// The types of all commands.
  var commands: [UInt32] = []
  var lastFence: UInt64 = 0
  var askedForDisplays = false
  var askedForEDID = false
  /// How many pictures were shown.
  var flushCount = 0
  /// Resources of which the device has refused a command. What was sent along with that cannot be
  /// held against the driver.
  var refusedResources: Set<UInt32> = []
  /// Scanouts that had a picture.
  var usedScanouts: Set<Int> = []
  /// A display event was cleared, and these were not asked for since.
  var owesDisplays = false
  var owesEDID = false
  var flushCountSinceEvent = 0

  /// Forgets all but what happened. A picture that is shown again after a reset is not the first.
  mutating func reset() {
    let (commands, usedScanouts) = (commands, usedScanouts)
    self = Self()
    self.commands = commands
    self.usedScanouts = usedScanouts
  }

  /// The driver says that it has seen a display event.
  mutating func didClearDisplayEvent(_ outputs: [ModelConfiguration.Output]) {
    owesDisplays = true
    owesEDID = outputs.contains { $0.isEnabled }
    flushCountSinceEvent = 0
  }

  /// A transfer was given back, and the driver knows it.
  mutating func didArrive(_ resource: UInt32) {
    if case .fenced = resources[resource]?.filling { resources[resource]?.filling = .arrived }
  }
}
