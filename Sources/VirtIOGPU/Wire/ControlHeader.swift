import VirtIO

/// `struct virtio_gpu_ctrl_hdr`: every request and every response starts with it.
///
/// - Spec: VirtIO 1.4 §5.7.6.7 "Device Operation: Request header"
struct ControlHeader: WireStruct, Sendable {
  var type: LE32
  var flags: LE32
  var fenceID: LE64
  var contextID = LE32(0)
  var ringIndex: UInt8 = 0
  private var padding: (UInt8, UInt8, UInt8) = (0, 0, 0)

  /// The header of a request, fenced if it has a fence id.
  init(_ type: CommandType, fence: UInt64? = nil) {
    self.type = LE32(type.rawValue)
    flags = LE32(fence == nil ? 0 : Self.fenceFlag)
    fenceID = LE64(fence ?? 0)
  }

  /// Where ``fenceID`` lies.
  static var fenceOffset: Int { 8 }

  /// `VIRTIO_GPU_FLAG_FENCE`.
  static var fenceFlag: UInt32 { 1 }

  /// What a response says that it is.
  var responseType: ResponseType { ResponseType(rawValue: type.value) }
  /// The fence that a response echoes.
  var echoedFence: UInt64? { flags.value & Self.fenceFlag == 0 ? nil : fenceID.value }
}

/// What a request asks for (`enum virtio_gpu_ctrl_type`).
public struct CommandType: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt32

  /// The command `rawValue`.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `VIRTIO_GPU_CMD_GET_DISPLAY_INFO`.
  public static var getDisplayInfo: Self { Self(rawValue: 0x0100) }
  /// `VIRTIO_GPU_CMD_RESOURCE_CREATE_2D`.
  public static var resourceCreate2D: Self { Self(rawValue: 0x0101) }
  /// `VIRTIO_GPU_CMD_RESOURCE_UNREF`.
  public static var resourceUnref: Self { Self(rawValue: 0x0102) }
  /// `VIRTIO_GPU_CMD_SET_SCANOUT`.
  public static var setScanout: Self { Self(rawValue: 0x0103) }
  /// `VIRTIO_GPU_CMD_RESOURCE_FLUSH`.
  public static var resourceFlush: Self { Self(rawValue: 0x0104) }
  /// `VIRTIO_GPU_CMD_TRANSFER_TO_HOST_2D`.
  public static var transferToHost2D: Self { Self(rawValue: 0x0105) }
  /// `VIRTIO_GPU_CMD_RESOURCE_ATTACH_BACKING`.
  public static var resourceAttachBacking: Self { Self(rawValue: 0x0106) }
  /// `VIRTIO_GPU_CMD_RESOURCE_DETACH_BACKING`.
  public static var resourceDetachBacking: Self { Self(rawValue: 0x0107) }
  /// `VIRTIO_GPU_CMD_GET_CAPSET_INFO`.
  public static var getCapsetInfo: Self { Self(rawValue: 0x0108) }
  /// `VIRTIO_GPU_CMD_GET_CAPSET`.
  public static var getCapset: Self { Self(rawValue: 0x0109) }
  /// `VIRTIO_GPU_CMD_GET_EDID`.
  public static var getEDID: Self { Self(rawValue: 0x010a) }
  /// `VIRTIO_GPU_CMD_UPDATE_CURSOR`.
  public static var updateCursor: Self { Self(rawValue: 0x0300) }
  /// `VIRTIO_GPU_CMD_MOVE_CURSOR`.
  public static var moveCursor: Self { Self(rawValue: 0x0301) }
}

/// What a response says (`enum virtio_gpu_ctrl_type`).
public struct ResponseType: RawRepresentable, Hashable, Sendable {
  /// The number on the wire.
  public let rawValue: UInt32

  /// The response `rawValue`.
  public init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  /// `VIRTIO_GPU_RESP_OK_NODATA`.
  public static var okNoData: Self { Self(rawValue: 0x1100) }
  /// `VIRTIO_GPU_RESP_OK_DISPLAY_INFO`.
  public static var okDisplayInfo: Self { Self(rawValue: 0x1101) }
  /// `VIRTIO_GPU_RESP_OK_CAPSET_INFO`.
  public static var okCapsetInfo: Self { Self(rawValue: 0x1102) }
  /// `VIRTIO_GPU_RESP_OK_CAPSET`.
  public static var okCapset: Self { Self(rawValue: 0x1103) }
  /// `VIRTIO_GPU_RESP_OK_EDID`.
  public static var okEDID: Self { Self(rawValue: 0x1104) }
  /// `VIRTIO_GPU_RESP_ERR_UNSPEC`.
  public static var unspecified: Self { Self(rawValue: 0x1200) }
  /// `VIRTIO_GPU_RESP_ERR_OUT_OF_MEMORY`.
  public static var outOfMemory: Self { Self(rawValue: 0x1201) }
  /// `VIRTIO_GPU_RESP_ERR_INVALID_SCANOUT_ID`.
  public static var invalidScanoutID: Self { Self(rawValue: 0x1202) }
  /// `VIRTIO_GPU_RESP_ERR_INVALID_RESOURCE_ID`.
  public static var invalidResourceID: Self { Self(rawValue: 0x1203) }
  /// `VIRTIO_GPU_RESP_ERR_INVALID_CONTEXT_ID`.
  public static var invalidContextID: Self { Self(rawValue: 0x1204) }
  /// `VIRTIO_GPU_RESP_ERR_INVALID_PARAMETER`.
  public static var invalidParameter: Self { Self(rawValue: 0x1205) }

  /// Whether this is one of the error responses.
  public var isError: Bool { rawValue & 0xffff_ff00 == 0x1200 }
}
