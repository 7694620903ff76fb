import VirtIO

// Capability sets: what a 3D library on the device's side can do.
//
// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq"

/// `struct virtio_gpu_get_capset_info`.
struct GetCapsetInfo: ControlCommand {
  var header: ControlHeader
  var index: LE32
  private var padding = LE32(0)

  init(_ index: UInt32) {
    header = ControlHeader(.getCapsetInfo)
    self.index = LE32(index)
  }
}

/// `struct virtio_gpu_resp_capset_info`.
struct CapsetInfoResponse: WireStruct, Sendable {
  var header: ControlHeader
  var id: LE32
  var maximumVersion: LE32
  var maximumByteCount: LE32
  var padding: LE32
}

/// `struct virtio_gpu_get_capset`. It is answered by a header and the data.
struct GetCapset: ControlCommand {
  var header: ControlHeader
  var id: LE32
  var version: LE32

  init(_ id: CapabilitySetID, version: UInt32) {
    header = ControlHeader(.getCapset)
    self.id = LE32(id.rawValue)
    self.version = LE32(version)
  }
}
