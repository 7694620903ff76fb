/// The cursor.
///
/// - Spec: VirtIO 1.4 §5.7.6.10 "Device Operation: cursorq"
extension ModelCore {
  /// How wide and high a cursor is.
  private static var size: UInt32 { 64 }

  func updateCursor(_ command: CommandReader) -> [UInt8] {
    let scanout = command.word(24)
    let id = command.word(40)
    guard checkScanout(scanout) else { return command.response(GPUResponse.invalidScanout) }
    if id == 0 {
      gpu.cursors.removeAll { $0.scanout == scanout }
      return command.response(GPUResponse.noData)
    }
    guard let resource = gpu.resources[id], !resource.backing.isEmpty else {
      violate(.gpuCur1, "the cursor is resource \(id), which is not there or has no backing")
      return command.response(GPUResponse.invalidResource)
    }
    if resource.width != Self.size || resource.height != Self.size {
      violate(.gpuD7, "a cursor of \(resource.width)x\(resource.height)")
      return command.response(GPUResponse.invalidParameter)
    }
    switch resource.filling {
    case .never: violate(.gpuCur1, "the cursor is resource \(id), which has no pixels")
    case .unfenced: violate(.gpuCur2, "resource \(id) of the cursor was filled without a fence")
    case .fenced: violate(.gpuCur2, "the fence of the cursor's resource \(id) was not waited for")
    case .arrived: break
    }
    gpu.cursors.removeAll { $0.scanout == scanout }
    gpu.cursors.append(
      ModelCursor(
        scanout: scanout, x: command.word(28), y: command.word(32), hotspotX: command.word(44),
        hotspotY: command.word(48), pixels: resource.pixels))
    return command.response(GPUResponse.noData)
  }

  func moveCursor(_ command: CommandReader) -> [UInt8] {
    let scanout = command.word(24)
    guard checkScanout(scanout) else { return command.response(GPUResponse.invalidScanout) }
    for index in gpu.cursors.indices where gpu.cursors[index].scanout == scanout {
      gpu.cursors[index].x = command.word(28)
      gpu.cursors[index].y = command.word(32)
    }
    return command.response(GPUResponse.noData)
  }
}
