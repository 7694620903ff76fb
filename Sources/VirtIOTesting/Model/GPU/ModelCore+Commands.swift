import VirtIO

/// Commands: on which queue they may come, with which header, and who does them.
///
/// - Spec: VirtIO 1.4 §5.7.6.7 "Device Operation: Request header"
extension ModelCore {
  /// Does what a request asks for.
  func execute(_ command: CommandReader, _ queue: Int, _ request: inout ModelRequest) {
    guard command.bytes.count >= CommandReader.headerByteCount else {
      violate(.gpuD8, "a request of \(command.bytes.count) bytes has no whole header")
      request.response = command.response(GPUResponse.unspecified)
      return
    }
    checkHeader(command)
    let isCursor = command.type == 0x300 || command.type == 0x301
    guard isCursor == (queue == 1) else {
      violate(.gpuD1, "command \(hexadecimal(UInt64(command.type))) is in queue \(queue)")
      request.response = command.response(GPUResponse.unspecified)
      return
    }
    let needed = GPUCommand.byteCount(command.type)
    guard command.bytes.count >= needed else {
      violate(
        .gpuD8,
        "command \(hexadecimal(UInt64(command.type))) has \(command.bytes.count) of \(needed) bytes"
      )
      request.response = command.response(GPUResponse.invalidParameter)
      return
    }
    checkPadding(command)
    switch command.type {
    case 0x100...0x10d, 0x300...0x301: request.response = perform(command, &request)
    case 0x200...0x209:
      if !common.hasGPUFeature(0) {
        violate(.gpuD18, "3D command \(hexadecimal(UInt64(command.type))) without VIRGL")
      }
      request.response = command.response(GPUResponse.unspecified)
    default:
      violate(.modelGpu6, "command \(hexadecimal(UInt64(command.type))) is none")
      request.response = command.response(GPUResponse.unspecified)
    }
    // The cursor queue needs no response; what there is room for is written.
    if !isCursor, request.response.count > request.chain.capacity {
      violate(
        .gpuD8,
        "room for \(request.chain.capacity) of the response's \(request.response.count) bytes")
    }
  }

  /// Notes what the driver asks for, whatever comes of it.
  func noteRequest(_ command: CommandReader) {
    gpu.commands.append(command.type)
    switch command.type {
    case 0x100:
      gpu.askedForDisplays = true
      gpu.owesDisplays = false
    case 0x10a:
      gpu.askedForEDID = true
      gpu.owesEDID = false
    default: break
    }
  }

  /// A command was refused, so that others that depend on it will be too.
  func noteRefusal(_ command: CommandReader) {
    guard let offset = GPUCommand.resourceOffset(command.type) else { return }
    gpu.refusedResources.insert(command.word(offset))
  }

  private func perform(_ command: CommandReader, _ request: inout ModelRequest) -> [UInt8] {
    switch command.type {
    case 0x100: getDisplayInfo(command)
    case 0x101: createResource(command)
    case 0x102: unref(command)
    case 0x103: setScanout(command)
    case 0x104: flush(command)
    case 0x105: transfer(command, &request)
    case 0x106: attachBacking(command)
    case 0x107: detachBacking(command)
    case 0x108: getCapsetInfo(command)
    case 0x109: getCapset(command)
    case 0x10a: getEDID(command)
    case 0x10b: gated(command, .gpuD12, "RESOURCE_ASSIGN_UUID", 2)
    case 0x10c, 0x10d: gated(command, .gpuD13, "a blob command", 3)
    case 0x300: updateCursor(command)
    default: moveCursor(command)
    }
  }

  private func gated(_ command: CommandReader, _ rule: ModelRule, _ name: String, _ bit: Int)
    -> [UInt8]
  {
    if !common.hasGPUFeature(bit) { violate(rule, "\(name) without its feature") }
    return command.response(GPUResponse.unspecified)
  }

  private func checkHeader(_ command: CommandReader) {
    let name = "command \(hexadecimal(UInt64(command.type)))"
    if command.flags & ~3 != 0 {
      violate(.gpuD8, "\(name) has flags \(command.flags)")
    }
    let hasRing = command.flags & 2 != 0
    if hasRing, !common.hasGPUFeature(4) {
      violate(.rfbD1, "\(name) has a ring index without CONTEXT_INIT")
    } else if command.ringIndex > (hasRing ? 63 : 0) {
      violate(.gpuD9, "\(name) has ring index \(command.ringIndex)")
    }
    if command.context != 0, !common.hasGPUFeature(0) {
      violate(.gpuD18, "\(name) names context \(command.context) without VIRGL")
    }
    if command.number(at: 21, 3) != 0 {
      violate(.modelGpu1, "\(name) has padding in its header that is not 0")
    }
    if command.isFenced, command.context == 0, !hasRing {
      if command.fence <= gpu.lastFence {
        violate(.gpuD10, "\(name) has fence \(command.fence), after \(gpu.lastFence)")
      }
      gpu.lastFence = max(gpu.lastFence, command.fence)
    }
  }

  private func checkPadding(_ command: CommandReader) {
    for offset in GPUCommand.padding(command.type) where command.word(offset) != 0 {
      violate(
        .modelGpu1,
        "command \(hexadecimal(UInt64(command.type))) has padding at \(offset) that is not 0")
    }
  }

  // MARK: Displays

  private func getDisplayInfo(_ command: CommandReader) -> [UInt8] {
    var body: [UInt8] = []
    for index in 0..<16 {
      let output = outputs.indices.contains(index) ? outputs[index] : nil
      for value in [output?.x, output?.y, output?.width, output?.height] {
        body.append(number: UInt64(value ?? 0), 4)
      }
      body.append(number: output?.isEnabled == true ? 1 : 0, 4)
      body.append(number: 0, 4)
    }
    return command.response(GPUResponse.displayInfo, body)
  }

  private func getEDID(_ command: CommandReader) -> [UInt8] {
    if !common.hasGPUFeature(1) {
      violate(.gpuD11, "GET_EDID without its feature")
      return command.response(GPUResponse.unspecified)
    }
    guard checkScanout(command.word(24)) else {
      return command.response(GPUResponse.invalidScanout)
    }
    let output = outputs[Int(command.word(24))]
    let edid = (output.edid ?? configuration.edid).prefix(1024)
    var body: [UInt8] = []
    body.append(number: UInt64(configuration.claimedEDIDByteCount ?? UInt32(edid.count)), 4)
    body.append(number: 0, 4)
    return command.response(
      GPUResponse.edid, body + edid + Array(repeating: 0, count: 1024 - edid.count))
  }

  /// Whether there is such a scanout.
  func checkScanout(_ scanout: UInt32) -> Bool {
    if scanout < UInt32(outputs.count) { return true }
    violate(.gpuD5, "scanout \(scanout) of \(outputs.count)")
    return false
  }

  /// Judges at the end.
  func finishGPU() { checkEvents("at the end") }

  /// Whether the driver has asked for the displays after the last event.
  func checkEvents(_ time: String) {
    if gpu.owesDisplays {
      violate(.gpuEvt1, "displays were not asked for since an event, \(time)")
    }
    gpu.owesDisplays = false
  }
}

/// What a device answers (`enum virtio_gpu_ctrl_type`).
enum GPUResponse {
  static let noData: UInt32 = 0x1100
  static let displayInfo: UInt32 = 0x1101
  static let capsetInfo: UInt32 = 0x1102
  static let capset: UInt32 = 0x1103
  static let edid: UInt32 = 0x1104
  static let unspecified: UInt32 = 0x1200
  static let outOfMemory: UInt32 = 0x1201
  static let invalidScanout: UInt32 = 0x1202
  static let invalidResource: UInt32 = 0x1203
  static let invalidParameter: UInt32 = 0x1205
}

/// The shape of requests.
enum GPUCommand {
  /// How long a request is at least.
  static func byteCount(_ type: UInt32) -> Int {
    switch type {
    case 0x101: 40
    case 0x102, 0x106...0x10b: 32
    case 0x103, 0x104: 48
    case 0x105, 0x10c, 0x300, 0x301: 56
    case 0x10d: 96
    default: 24
    }
  }

  /// Where the id of a resource lies.
  static func resourceOffset(_ type: UInt32) -> Int? {
    switch type {
    case 0x101, 0x102, 0x106, 0x107: 24
    case 0x103: 44
    case 0x104, 0x300: 40
    case 0x105: 48
    default: nil
    }
  }

  /// Where words lie that are 0.
  static func padding(_ type: UInt32) -> [Int] {
    switch type {
    case 0x102, 0x107, 0x108, 0x10a, 0x10b: [28]
    case 0x104: [44]
    case 0x105: [52]
    case 0x300, 0x301: [36, 52]
    default: []
    }
  }
}
