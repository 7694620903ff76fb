import Testing
import VirtIO
import VirtIOGraphics

@testable import VirtIOGPU

/// Sizes and offsets are those of `gpu-protocol.md`, which were compiled from the specification.
@Suite("Wire structures")
struct WireLayoutTests {
  /// The bytes of a structure as they lie in memory.
  private func bytes<Value: BitwiseCopyable>(_ value: Value) -> [UInt8] {
    let one: InlineArray<1, Value> = [value]
    let raw = unsafe one.span.bytes
    var result: [UInt8] = []
    for offset in 0..<MemoryLayout<Value>.size {
      if let byte = raw.wire(LittleEndian<UInt8>.self, at: offset) { result.append(byte.value) }
    }
    return result
  }

  private func words<Value: BitwiseCopyable>(_ value: Value) -> [UInt32] {
    let bytes = bytes(value)
    return stride(from: 0, to: bytes.count, by: 4).map { offset in
      (0..<4).reduce(0) { $0 | UInt32(bytes[offset + $1]) << (8 * $1) }
    }
  }

  private let rectangle = Rectangle(x: 1, y: 2, width: 3, height: 4)

  @Test("GPU-D-8: ControlHeader is struct virtio_gpu_ctrl_hdr")
  func controlHeader() {
    typealias Header = ControlHeader
    #expect(MemoryLayout<Header>.size == 24 && MemoryLayout<Header>.stride == 24)
    #expect(MemoryLayout<Header>.offset(of: \.type) == 0)
    #expect(MemoryLayout<Header>.offset(of: \.flags) == 4)
    #expect(MemoryLayout<Header>.offset(of: \.fenceID) == 8)
    #expect(MemoryLayout<Header>.offset(of: \.contextID) == 16)
    #expect(MemoryLayout<Header>.offset(of: \.ringIndex) == 20)
    #expect(words(Header(.setScanout)) == [0x103, 0, 0, 0, 0, 0])
    #expect(
      words(Header(.setScanout, fence: 0x1122_3344_5566_7788))
        == [0x103, 1, 0x5566_7788, 0x1122_3344, 0, 0])
    #expect(Header(.setScanout).echoedFence == nil)
    #expect(Header(.setScanout, fence: 7).echoedFence == 7)
  }

  @Test("WireRectangle is struct virtio_gpu_rect")
  func wireRectangle() {
    #expect(MemoryLayout<WireRectangle>.size == 16)
    #expect(MemoryLayout<WireRectangle>.offset(of: \.x) == 0)
    #expect(MemoryLayout<WireRectangle>.offset(of: \.y) == 4)
    #expect(MemoryLayout<WireRectangle>.offset(of: \.width) == 8)
    #expect(MemoryLayout<WireRectangle>.offset(of: \.height) == 12)
    #expect(words(WireRectangle(rectangle)) == [1, 2, 3, 4])
  }

  @Test("DisplayOne is struct virtio_gpu_display_one, and 16 follow the header")
  func displayOne() {
    #expect(MemoryLayout<DisplayOne>.size == 24 && MemoryLayout<DisplayOne>.stride == 24)
    #expect(MemoryLayout<DisplayOne>.offset(of: \.rectangle) == 0)
    #expect(MemoryLayout<DisplayOne>.offset(of: \.enabled) == 16)
    #expect(MemoryLayout<DisplayOne>.offset(of: \.flags) == 20)
    #expect(DisplayOne.offset(of: 0) == 24 && DisplayOne.offset(of: 15) == 384)
    #expect(DisplayOne.responseByteCount == 408)
    #expect(MemoryLayout<GetDisplayInfo>.size == 24)
    #expect(words(GetDisplayInfo()).first == 0x100)
  }

  @Test("GetEDID and EDIDResponse are struct virtio_gpu_get_edid and virtio_gpu_resp_edid")
  func edid() {
    #expect(MemoryLayout<GetEDID>.size == 32)
    #expect(MemoryLayout<GetEDID>.offset(of: \.scanout) == 24)
    #expect(words(GetEDID(ScanoutID(rawValue: 9))) == [0x10a, 0, 0, 0, 0, 0, 9, 0])
    #expect(MemoryLayout<EDIDResponse>.size == 32)
    #expect(MemoryLayout<EDIDResponse>.offset(of: \.size) == 24)
    #expect(MemoryLayout<EDIDResponse>.offset(of: \.padding) == 28)
    #expect(EDIDResponse.dataByteCount == 1024 && EDIDResponse.responseByteCount == 1056)
  }

  @Test("ResourceCreate2D is struct virtio_gpu_resource_create_2d")
  func create() {
    typealias Command = ResourceCreate2D
    #expect(MemoryLayout<Command>.size == 40)
    #expect(MemoryLayout<Command>.offset(of: \.resourceID) == 24)
    #expect(MemoryLayout<Command>.offset(of: \.format) == 28)
    #expect(MemoryLayout<Command>.offset(of: \.width) == 32)
    #expect(MemoryLayout<Command>.offset(of: \.height) == 36)
    let command = Command(ResourceID(rawValue: 5), format: .r8g8b8x8, width: 6, height: 7)
    #expect(words(command) == [0x101, 0, 0, 0, 0, 0, 5, 134, 6, 7])
  }

  @Test("GPU-D-17: ResourceAttachBacking is its struct and one struct virtio_gpu_mem_entry")
  func attach() {
    #expect(MemoryLayout<ResourceAttachBacking>.size == 32 + 16)
    #expect(MemoryLayout<ResourceAttachBacking>.offset(of: \.resourceID) == 24)
    #expect(MemoryLayout<ResourceAttachBacking>.offset(of: \.entryCount) == 28)
    #expect(MemoryLayout<ResourceAttachBacking>.offset(of: \.entry) == 32)
    #expect(MemoryLayout<MemoryEntry>.size == 16 && MemoryLayout<MemoryEntry>.stride == 16)
    #expect(MemoryLayout<MemoryEntry>.offset(of: \.address) == 0)
    #expect(MemoryLayout<MemoryEntry>.offset(of: \.byteCount) == 8)
    let command = ResourceAttachBacking(
      ResourceID(rawValue: 5), address: DeviceAddress(rawValue: 0x1122_3344_5566_7788),
      byteCount: 99)
    #expect(words(command) == [0x106, 0, 0, 0, 0, 0, 5, 1, 0x5566_7788, 0x1122_3344, 99, 0])
  }

  @Test("SetScanout is struct virtio_gpu_set_scanout")
  func setScanout() {
    #expect(MemoryLayout<SetScanout>.size == 48)
    #expect(MemoryLayout<SetScanout>.offset(of: \.rectangle) == 24)
    #expect(MemoryLayout<SetScanout>.offset(of: \.scanoutID) == 40)
    #expect(MemoryLayout<SetScanout>.offset(of: \.resourceID) == 44)
    let command = SetScanout(
      ScanoutID(rawValue: 8), to: ResourceID(rawValue: 9), rectangle: rectangle)
    #expect(words(command) == [0x103, 0, 0, 0, 0, 0, 1, 2, 3, 4, 8, 9])
  }

  @Test("TransferToHost2D is struct virtio_gpu_transfer_to_host_2d")
  func transfer() {
    #expect(MemoryLayout<TransferToHost2D>.size == 56)
    #expect(MemoryLayout<TransferToHost2D>.offset(of: \.rectangle) == 24)
    #expect(MemoryLayout<TransferToHost2D>.offset(of: \.offset) == 40)
    #expect(MemoryLayout<TransferToHost2D>.offset(of: \.resourceID) == 48)
    let command = TransferToHost2D(
      ResourceID(rawValue: 9), rectangle: rectangle, offset: 0x1_0000_0002, fence: 3)
    #expect(words(command) == [0x105, 1, 3, 0, 0, 0, 1, 2, 3, 4, 2, 1, 9, 0])
  }

  @Test("ResourceFlush is struct virtio_gpu_resource_flush")
  func flush() {
    #expect(MemoryLayout<ResourceFlush>.size == 48)
    #expect(MemoryLayout<ResourceFlush>.offset(of: \.rectangle) == 24)
    #expect(MemoryLayout<ResourceFlush>.offset(of: \.resourceID) == 40)
    let command = ResourceFlush(ResourceID(rawValue: 9), rectangle: rectangle, fence: 4)
    #expect(words(command) == [0x104, 1, 4, 0, 0, 0, 1, 2, 3, 4, 9, 0])
  }

  @Test("ResourceRelease is struct virtio_gpu_resource_unref and _detach_backing")
  func release() {
    #expect(MemoryLayout<ResourceRelease>.size == 32)
    #expect(MemoryLayout<ResourceRelease>.offset(of: \.resourceID) == 24)
    let resource = ResourceID(rawValue: 9)
    #expect(words(ResourceRelease.unref(resource)) == [0x102, 0, 0, 0, 0, 0, 9, 0])
    #expect(words(ResourceRelease.detachBacking(resource)) == [0x107, 0, 0, 0, 0, 0, 9, 0])
  }

  @Test("GPU-D-20: CursorCommand is struct virtio_gpu_update_cursor, for both commands")
  func cursor() {
    typealias Command = CursorCommand
    #expect(MemoryLayout<Command>.size == 56)
    #expect(MemoryLayout<Command>.offset(of: \.scanoutID) == 24)
    #expect(MemoryLayout<Command>.offset(of: \.x) == 28)
    #expect(MemoryLayout<Command>.offset(of: \.y) == 32)
    #expect(MemoryLayout<Command>.offset(of: \.resourceID) == 40)
    #expect(MemoryLayout<Command>.offset(of: \.hotspotX) == 44)
    #expect(MemoryLayout<Command>.offset(of: \.hotspotY) == 48)
    let state = CursorState(
      scanout: ScanoutID(rawValue: 1), x: 2, y: 3, resource: ResourceID(rawValue: 4), hotspotX: 5,
      hotspotY: 6)
    #expect(words(Command.update(state)) == [0x300, 0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0])
    #expect(words(Command.move(state)) == [0x301, 0, 0, 0, 0, 0, 1, 2, 3, 0, 4, 5, 6, 0])
  }

  @Test("numbers that do not fit a rectangle's fields are cut off at their ends")
  func clamping() {
    let wild = Rectangle(x: -1, y: .max, width: .max, height: -5)
    #expect(words(WireRectangle(wild)) == [0, .max, .max, 0])
  }
}
