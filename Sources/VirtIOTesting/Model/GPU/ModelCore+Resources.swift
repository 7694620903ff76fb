/// Resources: made, given backing, filled, shown, forgotten.
///
/// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq"
extension ModelCore {
  /// No side of a resource is longer.
  private static var sideLimit: UInt32 { 16384 }

  /// No backing has more entries.
  private static var entryLimit: Int { 16384 }

  /// All resources together have no more bytes.
  private static var byteLimit: Int { 256 << 20 }

  func createResource(_ command: CommandReader) -> [UInt8] {
    let id = command.word(24)
    let (width, height) = (command.word(32), command.word(36))
    if id == 0 {
      violate(.gpuD16, "a resource is created with the id 0")
      return command.response(GPUResponse.invalidResource)
    }
    if gpu.resources[id] != nil {
      violate(.modelGpu2, "resource \(id) is created, which exists")
      return command.response(GPUResponse.invalidResource)
    }
    guard let format = ModelFormat(command.word(28)), width > 0, height > 0 else {
      violate(
        .modelGpu4, "resource \(id) has format \(command.word(28)) and size \(width)x\(height)")
      return command.response(GPUResponse.invalidParameter)
    }
    let taken = gpu.resources.values.reduce(0) { $0 + $1.pixels.count }
    guard width <= Self.sideLimit, height <= Self.sideLimit,
      taken + Int(width) * Int(height) * 4 <= Self.byteLimit
    else {
      gpu.refusedResources.insert(id)
      return command.response(GPUResponse.outOfMemory)
    }
    gpu.resources[id] = ModelResource(width: width, height: height, format: format)
    return command.response(GPUResponse.noData)
  }

  /// The resource that a command names; nil if there is none.
  private func resource(_ id: UInt32, _ name: String) -> ModelResource? {
    let resource = gpu.resources[id]
    if resource == nil, !gpu.refusedResources.contains(id) {
      violate(.modelGpu2, "\(name) names resource \(id), which is not there")
    }
    return resource
  }

  func unref(_ command: CommandReader) -> [UInt8] {
    let id = command.word(24)
    guard resource(id, "RESOURCE_UNREF") != nil else {
      return command.response(GPUResponse.invalidResource)
    }
    gpu.resources[id] = nil
    for (index, scanout) in gpu.scanouts where scanout.resource == id {
      gpu.scanouts[index] = nil
    }
    return command.response(GPUResponse.noData)
  }

  func attachBacking(_ command: CommandReader) -> [UInt8] {
    let id = command.word(24)
    let count = Int(command.word(28))
    guard command.bytes.count == 32 + 16 * count else {
      violate(.gpuD17, "nr_entries is \(count), in \(command.bytes.count) bytes")
      return command.response(GPUResponse.unspecified)
    }
    guard let resource = resource(id, "RESOURCE_ATTACH_BACKING") else {
      return command.response(GPUResponse.invalidResource)
    }
    guard resource.backing.isEmpty else {
      violate(.modelGpu2, "resource \(id) has backing already")
      return command.response(GPUResponse.unspecified)
    }
    guard let backing = backing(command, count, from: 32) else {
      return command.response(GPUResponse.unspecified)
    }
    gpu.resources[id]?.backing = backing
    return command.response(GPUResponse.noData)
  }

  /// What the entries of a request say; nil if one of them is no memory, or there are too many.
  func backing(_ command: CommandReader, _ count: Int, from start: Int) -> [ModelRange]? {
    guard count <= Self.entryLimit else {
      violate(.modelGpu7, "backing has \(count) entries")
      return nil
    }
    var backing: [ModelRange] = []
    for entry in 0..<count {
      let offset = start + 16 * entry
      let range = ModelRange(
        start: command.number(at: offset, 8), byteCount: UInt64(command.word(offset + 8)))
      if command.word(offset + 12) != 0 {
        violate(.modelGpu1, "backing entry \(entry) has padding that is not 0")
      }
      guard allocations.holder(of: range) != nil, range.byteCount > 0 else {
        violate(.rfb5, "backing entry \(entry) is at \(hexadecimal(range.start))")
        return nil
      }
      backing.append(range)
    }
    return backing
  }

  func detachBacking(_ command: CommandReader) -> [UInt8] {
    let id = command.word(24)
    guard let resource = resource(id, "RESOURCE_DETACH_BACKING") else {
      return command.response(GPUResponse.invalidResource)
    }
    if resource.backing.isEmpty {
      if !gpu.refusedResources.contains(id) {
        violate(.gpuD6, "backing is detached from resource \(id), which has none")
      }
      return command.response(GPUResponse.unspecified)
    }
    gpu.resources[id]?.backing = []
    return command.response(GPUResponse.noData)
  }

  // MARK: Pixels

  /// Whether a rectangle lies inside a resource and is not empty.
  private func check(_ rectangle: ModelRectangle, _ resource: ModelResource, _ name: String)
    -> Bool
  {
    if rectangle.fits(resource.width, resource.height), rectangle.width > 0, rectangle.height > 0 {
      return true
    }
    violate(.modelGpu3, "\(name) of \(rectangle), of \(resource.width)x\(resource.height)")
    return false
  }

  func transfer(_ command: CommandReader, _ request: inout ModelRequest) -> [UInt8] {
    let id = command.word(48)
    let rectangle = command.rectangle(24)
    let offset = command.number(at: 40, 8)
    guard let resource = resource(id, "TRANSFER_TO_HOST_2D") else {
      return command.response(GPUResponse.invalidResource)
    }
    guard !resource.backing.isEmpty else {
      if !gpu.refusedResources.contains(id) {
        violate(.gpuD6, "a transfer to resource \(id), which has no backing")
      }
      return command.response(GPUResponse.unspecified)
    }
    guard check(rectangle, resource, "a transfer") else {
      return command.response(GPUResponse.invalidParameter)
    }
    let stride = UInt64(resource.width) * 4
    let length = (rectangle.height - 1) * stride + rectangle.width * 4
    let end = offset.addingReportingOverflow(length)
    let total = resource.backing.reduce(UInt64(0)) { $0 &+ $1.byteCount }
    guard !end.overflow, end.partialValue <= total else {
      violate(.modelGpu5, "a transfer of \(length) bytes from \(offset), of \(total)")
      return command.response(GPUResponse.invalidParameter)
    }
    if configuration.refusesFurtherBacking, end.partialValue > stride * UInt64(resource.height) {
      return command.response(GPUResponse.invalidParameter)
    }
    for row in 0..<rectangle.height {
      let start = Int(((rectangle.y + row) * UInt64(resource.width) + rectangle.x) * 4)
      let parts = slice(resource.backing, offset + row * stride, rectangle.width * 4)
      let bytes = parts.flatMap { memory.bytes(at: $0.start, Int($0.byteCount)) }
      guard bytes.count == Int(rectangle.width) * 4 else { continue }
      gpu.resources[id]?.pixels.replaceSubrange(start..<start + bytes.count, with: bytes)
    }
    for part in slice(resource.backing, offset, length) { request.sources.append((part, 0)) }
    gpu.resources[id]?.filling = command.isFenced ? .fenced : .unfenced
    if command.isFenced { request.chain.filledResource = id }
    return command.response(GPUResponse.noData)
  }

  /// The pieces of memory that hold part of a backing.
  private func slice(_ backing: [ModelRange], _ offset: UInt64, _ length: UInt64)
    -> [ModelRange]
  {
    var (skip, rest) = (offset, length)
    var result: [ModelRange] = []
    for range in backing {
      if skip >= range.byteCount {
        skip -= range.byteCount
        continue
      }
      let count = min(rest, range.byteCount - skip)
      if count == 0 { break }
      result.append(ModelRange(start: range.start &+ skip, byteCount: count))
      rest -= count
      skip = 0
    }
    return result
  }

  // MARK: Scanouts

  func setScanout(_ command: CommandReader) -> [UInt8] {
    let scanout = command.word(40)
    let id = command.word(44)
    guard checkScanout(scanout) else { return command.response(GPUResponse.invalidScanout) }
    let index = Int(scanout)
    if id == 0 {
      gpu.scanouts[index] = nil
      return command.response(GPUResponse.noData)
    }
    guard let resource = resource(id, "SET_SCANOUT") else {
      return command.response(GPUResponse.invalidResource)
    }
    let rectangle = command.rectangle(24)
    guard rectangle.fits(resource.width, resource.height), rectangle.width > 0,
      rectangle.height > 0
    else {
      violate(.gpuD15, "a scanout of \(rectangle), of \(resource.width)x\(resource.height)")
      return command.response(GPUResponse.invalidParameter)
    }
    checkFirst(index, rectangle)
    gpu.scanouts[index] = ModelScanout(resource: id, rectangle: rectangle)
    return command.response(GPUResponse.noData)
  }

  /// Whether the first picture of an output is what the output asks for.
  private func checkFirst(_ index: Int, _ rectangle: ModelRectangle) {
    guard gpu.usedScanouts.insert(index).inserted else { return }
    if !gpu.askedForDisplays {
      violate(.gpuInit1, "scanout \(index) is set, and the displays were not asked for")
    } else if deviceConfiguration.events & 1 == 0, outputs[index].isEnabled,
      (UInt64(outputs[index].width), UInt64(outputs[index].height))
        != (rectangle.width, rectangle.height)
    {
      violate(.gpuInit2, "the first picture of scanout \(index) does not suit its display")
    }
  }

  func flush(_ command: CommandReader) -> [UInt8] {
    let id = command.word(40)
    let rectangle = command.rectangle(24)
    guard let resource = resource(id, "RESOURCE_FLUSH") else {
      return command.response(GPUResponse.invalidResource)
    }
    guard check(rectangle, resource, "a flush") else {
      return command.response(GPUResponse.invalidParameter)
    }
    checkEvents("at a flush")
    checkEDID()
    // D-GPU-D-9: every scanout that shows the resource.
    for (index, scanout) in gpu.scanouts where scanout.resource == id {
      if let area = scanout.rectangle.intersection(rectangle) { show(area, index, resource) }
    }
    return command.response(GPUResponse.noData)
  }

  /// Whether the driver has asked for EDID by the time of a second picture: the first need not wait.
  private func checkEDID() {
    guard common.hasGPUFeature(1) else { return }
    if gpu.flushCount > 0, !gpu.askedForEDID {
      violate(.gpuInit3, "a second picture is shown, and no EDID was read")
      gpu.askedForEDID = true
    }
    if gpu.flushCountSinceEvent > 0, gpu.owesEDID {
      violate(.gpuEvt2, "a second picture is shown since an event, and no EDID was read")
      gpu.owesEDID = false
    }
    gpu.flushCount += 1
    gpu.flushCountSinceEvent += 1
  }

  private func show(_ area: ModelRectangle, _ index: Int, _ resource: ModelResource) {
    guard var scanout = gpu.scanouts.removeValue(forKey: index) else { return }
    let format = resource.format
    for y in area.y..<area.y + area.height {
      for x in area.x..<area.x + area.width {
        let source = Int(y * UInt64(resource.width) + x) * 4
        let column = x - scanout.rectangle.x
        let target = Int((y - scanout.rectangle.y) * scanout.rectangle.width + column) * 3
        scanout.pixels[target] = resource.pixels[source + format.red]
        scanout.pixels[target + 1] = resource.pixels[source + format.green]
        scanout.pixels[target + 2] = resource.pixels[source + format.blue]
      }
    }
    gpu.scanouts[index] = scanout
  }

  /// What a scanout shows.
  func picture(ofScanout index: Int) -> Picture? {
    guard let scanout = gpu.scanouts[index] else { return nil }
    return Picture(
      width: Int(scanout.rectangle.width), height: Int(scanout.rectangle.height),
      bytes: scanout.pixels)
  }
}

extension ModelRectangle: CustomStringConvertible {
  var description: String { "\(width)x\(height)+\(x)+\(y)" }
}
