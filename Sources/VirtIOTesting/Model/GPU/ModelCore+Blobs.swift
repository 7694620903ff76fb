/// Resources that are plain memory: made, shown in place, mapped.
///
/// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq", §5.7.6.9 "Device Operation: controlq (3d)"
extension ModelCore {
  private static var hasBlobs: Int { 3 }
  private static var hasAlignment: Int { 5 }

  private func requireBlobs(_ name: String) -> Bool {
    if common.hasGPUFeature(Self.hasBlobs) { return true }
    violate(.gpuD13, "\(name) without RESOURCE_BLOB")
    return false
  }

  func createBlob(_ command: CommandReader) -> [UInt8] {
    guard requireBlobs("RESOURCE_CREATE_BLOB") else {
      return command.response(GPUResponse.unspecified)
    }
    let id = command.word(24)
    let kind = command.word(28)
    let flags = command.word(32)
    let count = Int(command.word(36))
    let byteCount = command.number(at: 48, 8)
    guard checkBlob(id, kind, flags, byteCount) else {
      return command.response(GPUResponse.invalidParameter)
    }
    guard command.bytes.count == 56 + 16 * count else {
      violate(.gpuD17, "nr_entries is \(count), in \(command.bytes.count) bytes")
      return command.response(GPUResponse.unspecified)
    }
    guard let backing = backing(command, count, from: 56) else {
      return command.response(GPUResponse.unspecified)
    }
    guard backing.reduce(UInt64(0), { $0 &+ $1.byteCount }) >= byteCount else {
      violate(.modelGpu5, "blob \(id) has less memory than its \(byteCount) bytes")
      return command.response(GPUResponse.invalidParameter)
    }
    guard byteCount <= UInt64(Self.byteLimit) else {
      gpu.refusedResources.insert(id)
      return command.response(GPUResponse.outOfMemory)
    }
    gpu.resources[id] = ModelResource(
      ModelBlob(byteCount: byteCount, flags: flags), backing: backing)
    return command.response(GPUResponse.noData)
  }

  /// Whether a blob can be made, but for its memory.
  private func checkBlob(_ id: UInt32, _ kind: UInt32, _ flags: UInt32, _ byteCount: UInt64)
    -> Bool
  {
    let before = violations.count
    if id == 0 {
      violate(.gpuD16, "a blob is created with the id 0")
    } else if gpu.resources[id] != nil {
      violate(.modelGpu2, "blob \(id) is created, which exists")
    }
    switch kind {
    case 0: violate(.gpuBlob2, "blob \(id) is of no memory")
    case 1: break
    case 2, 3:
      if common.hasGPUFeature(0) {
        violate(.gpuBlob3, "blob \(id) is of host memory, of which none was allocated")
      } else {
        violate(.gpuD14, "blob \(id) is of host memory, without VIRGL")
      }
    default: violate(.gpuBlob1, "blob \(id) is of memory \(kind)")
    }
    if flags & ~7 != 0 { violate(.modelGpu4, "blob \(id) has flags \(flags)") }
    let alignment = UInt64(max(1, configuration.blobAlignment))
    if byteCount == 0 {
      violate(.modelGpu4, "blob \(id) has no bytes")
    } else if common.hasGPUFeature(Self.hasAlignment), byteCount % alignment != 0 {
      violate(.gpuAlign1, "blob \(id) has \(byteCount) bytes, aligned to \(alignment)")
    }
    return violations.count == before
  }

  /// The blob that a command names; nil if there is none.
  private func blob(_ id: UInt32, _ name: String) -> ModelBlob? {
    guard let resource = resource(id, name) else { return nil }
    if resource.blob == nil { violate(.modelGpu2, "\(name) names resource \(id), which is none") }
    return resource.blob
  }

  // MARK: Scanouts

  func setScanoutBlob(_ command: CommandReader) -> [UInt8] {
    guard requireBlobs("SET_SCANOUT_BLOB") else {
      return command.response(GPUResponse.unspecified)
    }
    let scanout = command.word(40)
    let id = command.word(44)
    guard checkScanout(scanout) else { return command.response(GPUResponse.invalidScanout) }
    let index = Int(scanout)
    guard id != 0 else {
      checkShown(index, next: nil)
      gpu.scanouts[index] = nil
      return command.response(GPUResponse.noData)
    }
    guard let blob = blob(id, "SET_SCANOUT_BLOB") else {
      return command.response(GPUResponse.invalidResource)
    }
    guard let format = ModelFormat(command.word(56)) else {
      violate(.gpuScanblob1, "the format of scanout \(index) is \(command.word(56))")
      return command.response(GPUResponse.invalidParameter)
    }
    let area = ModelBlobArea(
      width: command.word(48), height: command.word(52), format: format,
      stride: UInt64(command.word(64)), offset: UInt64(command.word(80)))
    let rectangle = command.rectangle(24)
    guard area.fits(blob), rectangle.fits(area.width, area.height), rectangle.width > 0,
      rectangle.height > 0
    else {
      violate(.gpuD15, "a scanout of \(rectangle), in a blob of \(blob.byteCount) bytes")
      return command.response(GPUResponse.invalidParameter)
    }
    checkFirst(index, rectangle)
    checkShown(index, next: (id, area))
    let old = gpu.scanouts[index]
    var new = ModelScanout(resource: id, rectangle: rectangle)
    // What is not flushed stays as it was, so that flushes that say too little are seen.
    if let old, old.area != nil, old.rectangle == rectangle { new.pixels = old.pixels }
    new.area = area
    gpu.scanouts[index] = new
    return command.response(GPUResponse.noData)
  }

  /// Whether what was shown in place is as it was when it was flushed, now that others are to be shown. A
  /// driver that goes on showing the same pixels draws where they are shown, and knows that.
  func checkShown(_ index: Int, next: (resource: UInt32, area: ModelBlobArea)?) {
    guard let scanout = gpu.scanouts[index], let area = scanout.area, let old = area.fingerprint,
      let resource = gpu.resources[scanout.resource]
    else { return }
    if let next, next.resource == scanout.resource, next.area.offset == area.offset { return }
    if next != nil, fingerprint(of: area, resource) != old {
      violate(.modelGpu8, "pixels of resource \(scanout.resource) were written while shown")
    }
  }

  private func parts(of area: ModelBlobArea, _ resource: ModelResource) -> [ModelRange] {
    slice(resource.backing, area.offset, area.byteCount)
  }

  private func fingerprint(of area: ModelBlobArea, _ resource: ModelResource) -> UInt64 {
    parts(of: area, resource).reduce(0) {
      $0 &* 31 &+ memory.fingerprint(of: $1.start, Int($1.byteCount))
    }
  }

  /// Shows what of a blob is on scanouts, and answers the type of the response.
  func flushShared(
    _ id: UInt32, _ rectangle: ModelRectangle, _ resource: ModelResource,
    _ request: inout ModelRequest
  ) -> UInt32 {
    for (index, scanout) in gpu.scanouts where scanout.resource == id {
      guard let area = scanout.area else { continue }
      guard rectangle.fits(area.width, area.height), rectangle.width > 0, rectangle.height > 0
      else {
        violate(.modelGpu3, "a flush of \(rectangle), of \(area.width)x\(area.height)")
        return GPUResponse.invalidParameter
      }
      if let part = scanout.rectangle.intersection(rectangle) {
        show(part, index, area, resource)
      }
      for part in parts(of: area, resource) { request.sources.append((part, 0)) }
      gpu.scanouts[index]?.area?.fingerprint = fingerprint(of: area, resource)
    }
    return GPUResponse.noData
  }

  private func show(
    _ part: ModelRectangle, _ index: Int, _ area: ModelBlobArea, _ resource: ModelResource
  ) {
    guard var scanout = gpu.scanouts.removeValue(forKey: index) else { return }
    for y in part.y..<part.y + part.height {
      let start = area.offset + y * area.stride + part.x * 4
      let bytes = slice(resource.backing, start, part.width * 4)
        .flatMap { memory.bytes(at: $0.start, Int($0.byteCount)) }
      guard bytes.count == Int(part.width) * 4 else { continue }
      let row = (y - scanout.rectangle.y) * scanout.rectangle.width
      for x in 0..<Int(part.width) {
        let target = (Int(row + part.x - scanout.rectangle.x) + x) * 3
        scanout.pixels[target] = bytes[4 * x + area.format.red]
        scanout.pixels[target + 1] = bytes[4 * x + area.format.green]
        scanout.pixels[target + 2] = bytes[4 * x + area.format.blue]
      }
    }
    gpu.scanouts[index] = scanout
  }

  // MARK: Others that get at it

  func assignUUID(_ command: CommandReader) -> [UInt8] {
    guard common.hasGPUFeature(2) else {
      violate(.gpuD12, "RESOURCE_ASSIGN_UUID without its feature")
      return command.response(GPUResponse.unspecified)
    }
    let id = command.word(24)
    if let blob = resource(id, "RESOURCE_ASSIGN_UUID")?.blob, blob.flags & 4 == 0 {
      violate(.gpuBlob6, "blob \(id) is named for other devices, which it was not made for")
    }
    return command.response(GPUResponse.unspecified)
  }

  func mapBlob(_ command: CommandReader) -> [UInt8] {
    guard common.hasGPUFeature(Self.hasBlobs), configuration.mapsBlobs else {
      violate(.gpuD19, "RESOURCE_MAP_BLOB, and nothing can be mapped")
      return command.response(GPUResponse.unspecified)
    }
    let id = command.word(24)
    guard let blob = blob(id, "RESOURCE_MAP_BLOB") else {
      return command.response(GPUResponse.invalidResource)
    }
    let before = violations.count
    if blob.isMapped { violate(.gpuMap1, "blob \(id) is mapped, and is to be again") }
    if blob.flags & 1 == 0 { violate(.gpuBlob4, "blob \(id) is mapped, and was not made to be") }
    let alignment = UInt64(max(1, configuration.blobAlignment))
    if common.hasGPUFeature(Self.hasAlignment), command.number(at: 32, 8) % alignment != 0 {
      violate(.gpuAlign2, "blob \(id) is mapped at \(command.number(at: 32, 8))")
    }
    guard violations.count == before else {
      return command.response(GPUResponse.invalidParameter)
    }
    gpu.resources[id]?.blob?.isMapped = true
    return command.response(GPUResponse.mapInfo, [1, 0, 0, 0, 0, 0, 0, 0])
  }

  func unmapBlob(_ command: CommandReader) -> [UInt8] {
    guard common.hasGPUFeature(Self.hasBlobs), configuration.mapsBlobs else {
      violate(.gpuD19, "RESOURCE_UNMAP_BLOB, and nothing can be mapped")
      return command.response(GPUResponse.unspecified)
    }
    let id = command.word(24)
    guard let blob = blob(id, "RESOURCE_UNMAP_BLOB"), blob.isMapped else {
      return command.response(GPUResponse.invalidResource)
    }
    gpu.resources[id]?.blob?.isMapped = false
    return command.response(GPUResponse.noData)
  }
}

extension ModelBlobArea {
  /// How many bytes there are from its first pixel to its last.
  var byteCount: UInt64 {
    height == 0 ? 0 : UInt64(height &- 1) * stride + UInt64(width) * 4
  }

  /// Whether it lies inside a blob.
  func fits(_ blob: ModelBlob) -> Bool {
    width > 0 && height > 0 && stride >= UInt64(width) * 4 && offset <= blob.byteCount
      && byteCount <= blob.byteCount - offset
  }
}
