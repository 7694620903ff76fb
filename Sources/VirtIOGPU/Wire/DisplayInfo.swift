import VirtIO
import VirtIOGraphics

/// `struct virtio_gpu_rect`.
///
/// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq"
struct WireRectangle: WireStruct, Sendable {
  var x: LE32
  var y: LE32
  var width: LE32
  var height: LE32

  /// A rectangle that lies inside a resource, so that all its numbers fit.
  init(_ rectangle: Rectangle) {
    x = LE32(UInt32(clamping: rectangle.x))
    y = LE32(UInt32(clamping: rectangle.y))
    width = LE32(UInt32(clamping: rectangle.width))
    height = LE32(UInt32(clamping: rectangle.height))
  }
}

/// `struct virtio_gpu_display_one`, an element of `pmodes` in `struct virtio_gpu_resp_display_info`.
struct DisplayOne: WireStruct, Sendable {
  var rectangle: WireRectangle
  var enabled: LE32
  var flags: LE32

  /// The response is the header and 16 of these.
  static func offset(of scanout: Int) -> Int {
    MemoryLayout<ControlHeader>.size &+ scanout &* MemoryLayout<DisplayOne>.size
  }

  /// The length of `struct virtio_gpu_resp_display_info`.
  static var responseByteCount: Int { offset(of: ScanoutID.limit) }
}

/// `struct virtio_gpu_get_edid`.
struct GetEDID: ControlCommand {
  var header: ControlHeader
  var scanout: LE32
  private var padding = LE32(0)

  init(_ scanout: ScanoutID) {
    header = ControlHeader(.getEDID)
    self.scanout = LE32(scanout.rawValue)
  }
}

/// `struct virtio_gpu_resp_edid`, up to the data.
struct EDIDResponse: WireStruct, Sendable {
  var header: ControlHeader
  var size: LE32
  var padding: LE32

  /// The length of the data that follows, used or not.
  static var dataByteCount: Int { 1024 }
  /// The length of the whole response.
  static var responseByteCount: Int { MemoryLayout<EDIDResponse>.size &+ dataByteCount }
}

/// `VIRTIO_GPU_CMD_GET_DISPLAY_INFO` is a header and nothing else.
struct GetDisplayInfo: ControlCommand {
  var header = ControlHeader(.getDisplayInfo)
}

/// A request on the control queue, header first.
protocol ControlCommand: WireStruct, Sendable {
  var header: ControlHeader { get }
}
