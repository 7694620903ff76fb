import VirtIO
import VirtIOGraphics

// The 2D commands, in the order in which a resource lives through them.
//
// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq"

/// `struct virtio_gpu_resource_create_2d`.
struct ResourceCreate2D: ControlCommand {
  var header: ControlHeader
  var resourceID: LE32
  var format: LE32
  var width: LE32
  var height: LE32

  init(_ resource: ResourceID, format: PixelFormat, width: UInt32, height: UInt32) {
    header = ControlHeader(.resourceCreate2D)
    resourceID = LE32(resource.rawValue)
    self.format = LE32(format.wireValue)
    self.width = LE32(width)
    self.height = LE32(height)
  }
}

/// `struct virtio_gpu_resource_attach_backing` with one `struct virtio_gpu_mem_entry`. For more of them there
/// is ``BackingRequests``.
struct ResourceAttachBacking: ControlCommand {
  var header: ControlHeader
  var resourceID: LE32
  var entryCount = LE32(1)
  var entry: MemoryEntry

  init(_ resource: ResourceID, address: DeviceAddress, byteCount: UInt32) {
    header = ControlHeader(.resourceAttachBacking)
    resourceID = LE32(resource.rawValue)
    entry = MemoryEntry(address: LE64(address.rawValue), byteCount: LE32(byteCount))
  }
}

/// `struct virtio_gpu_resource_attach_backing` without what follows.
struct ResourceAttachEntries: WireStruct {
  var header: ControlHeader
  var resourceID: LE32
  var entryCount: LE32

  init(_ resource: ResourceID, entryCount: Int) {
    header = ControlHeader(.resourceAttachBacking)
    resourceID = LE32(resource.rawValue)
    self.entryCount = LE32(UInt32(truncatingIfNeeded: entryCount))
  }
}

/// `struct virtio_gpu_mem_entry`.
struct MemoryEntry: WireStruct, Sendable {
  var address: LE64
  var byteCount: LE32
  private var padding = LE32(0)

  init(address: LE64, byteCount: LE32) {
    self.address = address
    self.byteCount = byteCount
  }

  init(_ segment: Segment) {
    self.init(address: LE64(segment.address.rawValue), byteCount: LE32(segment.byteCount))
  }

  /// The most entries of one resource: the specification names no limit, QEMU takes so many.
  static var limit: Int { 16384 }
}

/// `struct virtio_gpu_set_scanout`.
struct SetScanout: ControlCommand {
  var header: ControlHeader
  var rectangle: WireRectangle
  var scanoutID: LE32
  var resourceID: LE32

  init(_ scanout: ScanoutID, to resource: ResourceID, rectangle: Rectangle) {
    header = ControlHeader(.setScanout)
    self.rectangle = WireRectangle(rectangle)
    scanoutID = LE32(scanout.rawValue)
    resourceID = LE32(resource.rawValue)
  }
}

/// `struct virtio_gpu_transfer_to_host_2d`.
struct TransferToHost2D: ControlCommand {
  var header: ControlHeader
  var rectangle: WireRectangle
  /// Where in the backing the first pixel of the rectangle lies.
  var offset: LE64
  var resourceID: LE32
  private var padding = LE32(0)

  init(_ resource: ResourceID, rectangle: Rectangle, offset: UInt64, fence: UInt64? = nil) {
    header = ControlHeader(.transferToHost2D, fence: fence)
    self.rectangle = WireRectangle(rectangle)
    self.offset = LE64(offset)
    resourceID = LE32(resource.rawValue)
  }
}

/// `struct virtio_gpu_resource_flush`.
struct ResourceFlush: ControlCommand {
  var header: ControlHeader
  var rectangle: WireRectangle
  var resourceID: LE32
  private var padding = LE32(0)

  init(_ resource: ResourceID, rectangle: Rectangle, fence: UInt64) {
    header = ControlHeader(.resourceFlush, fence: fence)
    self.rectangle = WireRectangle(rectangle)
    resourceID = LE32(resource.rawValue)
  }
}

/// `struct virtio_gpu_resource_detach_backing` and `struct virtio_gpu_resource_unref`, which are alike.
struct ResourceRelease: ControlCommand {
  var header: ControlHeader
  var resourceID: LE32
  private var padding = LE32(0)

  static func detachBacking(_ resource: ResourceID) -> Self {
    Self(.resourceDetachBacking, resource)
  }

  static func unref(_ resource: ResourceID) -> Self {
    Self(.resourceUnref, resource)
  }

  private init(_ type: CommandType, _ resource: ResourceID) {
    header = ControlHeader(type)
    resourceID = LE32(resource.rawValue)
  }
}

extension PixelFormat {
  /// The number on the wire (`enum virtio_gpu_formats`).
  var wireValue: UInt32 {
    switch self {
    case .b8g8r8a8: 1
    case .b8g8r8x8: 2
    case .a8r8g8b8: 3
    case .x8r8g8b8: 4
    case .r8g8b8a8: 67
    case .x8b8g8r8: 68
    case .a8b8g8r8: 121
    case .r8g8b8x8: 134
    }
  }
}
