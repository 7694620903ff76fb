import VirtIO
import VirtIOGraphics

// Resources that are plain memory.
//
// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq"

/// `struct virtio_gpu_resource_create_blob`, for memory of the guest's. The entries follow.
struct ResourceCreateBlob: ControlCommand {
  var header: ControlHeader
  var resourceID: LE32
  /// `VIRTIO_GPU_BLOB_MEM_GUEST`. The other kinds are a 3D library's.
  private var memory = LE32(1)
  var flags: LE32
  var entryCount: LE32
  /// Only memory of a 3D library's has an id.
  private var blobID = LE64(0)
  var byteCount: LE64

  init(_ resource: ResourceID, byteCount: Int, flags: BlobFlags, entryCount: Int) {
    header = ControlHeader(.resourceCreateBlob)
    resourceID = LE32(resource.rawValue)
    self.flags = LE32(flags.rawValue)
    self.entryCount = LE32(UInt32(truncatingIfNeeded: entryCount))
    self.byteCount = LE64(UInt64(truncatingIfNeeded: byteCount))
  }
}

/// ``ResourceCreateBlob`` with one entry.
struct ResourceCreateBlobWithEntry: ControlCommand {
  var command: ResourceCreateBlob
  var entry: MemoryEntry

  var header: ControlHeader { command.header }
}

/// `struct virtio_gpu_set_scanout_blob`, for pixels in one plane.
struct SetScanoutBlob: ControlCommand {
  var header: ControlHeader
  var rectangle: WireRectangle
  var scanoutID: LE32
  var resourceID: LE32
  var width: LE32
  var height: LE32
  var format: LE32
  private var padding = LE32(0)
  var strides: (LE32, LE32, LE32, LE32)
  var offsets: (LE32, LE32, LE32, LE32)

  /// Shows a part of a picture whose pixels lie row after row without gaps, from `offset` on.
  init(
    _ scanout: ScanoutID, to resource: ResourceID, _ shape: SurfaceShape, showing part: Rectangle,
    offset: UInt32
  ) {
    header = ControlHeader(.setScanoutBlob)
    rectangle = WireRectangle(part)
    scanoutID = LE32(scanout.rawValue)
    resourceID = LE32(resource.rawValue)
    width = LE32(shape.width)
    height = LE32(shape.height)
    format = LE32(shape.format.wireValue)
    let none = LE32(0)
    strides = (LE32(shape.width &* 4), none, none, none)
    offsets = (LE32(offset), none, none, none)
  }
}
