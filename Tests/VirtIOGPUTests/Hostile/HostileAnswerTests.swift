import Testing
import VirtIO
import VirtIOGraphics
import VirtIOTestDoubles

@testable import VirtIOGPU

/// Answers that lie, by the ids of the catalogue of hostile devices: a request error that names the command,
/// once, and the driver goes on; or nothing at all, where nothing depends on it.
@Suite("Hostile answers")
struct HostileAnswerTests {
  private static let scanout = ScanoutID(rawValue: 0)
  /// All commands that have an answer.
  static let types: [CommandType] = [
    .getDisplayInfo, .resourceCreate2D, .resourceUnref, .setScanout, .resourceFlush,
    .transferToHost2D, .resourceAttachBacking, .resourceDetachBacking, .getEDID,
  ]

  /// How many bytes the answer to a command has if all is well, and of which type it is.
  private static func standard(_ type: CommandType) -> (byteCount: UInt32, code: UInt32) {
    switch type {
    case .getDisplayInfo: (408, 0x1101)
    case .getEDID: (1056, 0x1104)
    default: (24, 0x1100)
    }
  }

  /// Has one command of a type answered otherwise; why that failed, and that it went on from there.
  private func reason(
    of type: CommandType, _ change: @escaping (inout GPUReply) -> Void
  ) throws -> CommandFailure.Reason? {
    let rig = DisplayRig()
    var display = try rig.open(buffers: .two)
    let isForTheEnd = type == .resourceUnref || type == .resourceDetachBacking
    if isForTheEnd { try Self.present(&display, rig) }
    var isDone = false
    rig.gpu.amend = { request, reply in
      guard request.type == type.rawValue, !isDone, var changed = reply else { return }
      isDone = true
      change(&changed)
      reply = changed
    }
    let before = display.scanouts[0].width
    let error: GPUError?
    if isForTheEnd {
      error = Self.close(display, rig)
      #expect(rig.platform.isBalanced)
      try Self.liveAgain(rig)
    } else {
      error = failure { () throws(GPUError) in
        switch type {
        case .getDisplayInfo: try display.updateScanouts(waiting: rig.waiter)
        case .getEDID: _ = try display.readEDID(of: Self.scanout, waiting: rig.waiter)
        default:
          let frame = try display.nextFrame(waiting: rig.waiter)
          try display.finish(try display.present(frame), waiting: rig.waiter)
        }
      }
      let after = display.scanouts[0].width
      #expect(after == before)
      try Self.goOn(display, rig)
    }
    #expect(isDone)
    guard let error else { return nil }
    guard case .command(let failure) = error else {
      Issue.record("\(error)")
      return nil
    }
    #expect(failure.subject.command == type)
    return failure.reason
  }

  /// What closing throws; nil if it does not.
  private static func close(_ display: consuming TestDisplay, _ rig: DisplayRig) -> GPUError? {
    do throws(GPUError) {
      try display.close(waiting: rig.waiter)
      return nil
    } catch {
      return error
    }
  }

  private static func present(_ display: inout TestDisplay, _ rig: DisplayRig) throws(GPUError) {
    let frame = try display.nextFrame(waiting: rig.waiter)
    try display.finish(try display.present(frame), waiting: rig.waiter)
  }

  /// The device behaves again: a frame arrives, perhaps after the failure was told once more; if the resource
  /// could not be made, after closing and opening.
  private static func goOn(_ display: consuming TestDisplay, _ rig: DisplayRig) throws {
    var display = display
    var isAlive = false
    for _ in 0..<3 where !isAlive {
      isAlive = failure { () throws(GPUError) in try present(&display, rig) } == nil
    }
    try? display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
    if !isAlive { try liveAgain(rig) }
  }

  private static func liveAgain(_ rig: DisplayRig) throws {
    rig.gpu.amend = { _, _ in }
    rig.gpu.isHolding = false
    var display = try rig.open()
    try present(&display, rig)
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  // MARK: Types

  @Test("G01: an answer of the wrong type, to each command: request error", arguments: types)
  func wrongOK(_ type: CommandType) throws {
    for code: UInt32 in 0x1100...0x1107 where code != Self.standard(type).code {
      #expect(
        try reason(of: type) { $0.type = code } == .unexpected(ResponseType(rawValue: code)))
    }
  }

  @Test(
    "G02: an answer of no type there is, or the command itself: request error", arguments: types)
  func unknownType(_ type: CommandType) throws {
    for code: UInt32 in [0, 1, 0x10ff, 0x11ff, 0x1300, 0x8000_1100, .max, type.rawValue] {
      #expect(
        try reason(of: type) { $0.type = code } == .unexpected(ResponseType(rawValue: code)))
    }
  }

  @Test("G03: each error, to each command: request error, and all goes on", arguments: types)
  func errors(_ type: CommandType) throws {
    for code: UInt32 in 0x1200...0x1206 {
      #expect(try reason(of: type) { $0.type = code } == .refused(ResponseType(rawValue: code)))
    }
  }

  @Test("G04: an error of a header alone, where a long answer was asked for: that error")
  func shortErrors() throws {
    for type in [CommandType.getDisplayInfo, .getEDID] {
      for code: UInt32 in 0x1200...0x1205 {
        let found = try reason(of: type) {
          $0.type = code
          $0.body = []
        }
        #expect(found == .refused(ResponseType(rawValue: code)))
      }
    }
  }

  // MARK: Lengths

  @Test(
    "G05: answers of each length up to the whole: request error, and nothing of them is believed")
  func lengths() throws {
    for type in Self.types where Self.standard(type).byteCount == 24 {
      for byteCount: UInt32 in 0..<24 {
        let found = try reason(of: type) { $0.claimedByteCount = byteCount }
        #expect(found == .short(byteCount: byteCount))
      }
    }
  }

  @Test(
    "G05, G53: of a long answer that is said to be shorter nothing is taken, whatever is written")
  func longAnswers() throws {
    let rig = DisplayRig()
    var display = try rig.open()
    _ = try display.readEDID(of: Self.scanout, waiting: rig.waiter)
    rig.gpu.outputs = [.init(width: 7, height: 7), .init(), .init()]
    rig.gpu.edid = Array(repeating: 0xee, count: 1024)
    for byteCount: UInt32 in 0..<1056 {
      rig.gpu.amend = { _, reply in reply?.claimedByteCount = byteCount }
      if byteCount < 408 {
        let error = failure { () throws(GPUError) in
          try display.updateScanouts(waiting: rig.waiter)
        }
        let reason = CommandFailure.Reason.short(byteCount: byteCount)
        #expect(
          error
            == .command(CommandFailure(subject: CommandSubject(.getDisplayInfo), reason: reason)))
      }
      let error = failure { () throws(GPUError) in
        _ = try display.readEDID(of: Self.scanout, waiting: rig.waiter)
      }
      guard case .command(let failure) = error, failure.reason == .short(byteCount: byteCount)
      else {
        Issue.record("\(byteCount): \(String(describing: error))")
        return
      }
    }
    let width = display.scanouts[0].width
    #expect(width == 64)
    let kept = display.edid(of: Self.scanout).map { edid in
      (0..<edid.bytes.count).contains { edid.bytes[$0] != 0 }
    }
    #expect(kept == false, "what was known stays")
    // An error with a tail is an error.
    rig.gpu.amend = { _, reply in reply?.type = 0x1200 }
    let error = failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) }
    guard case .command = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    rig.gpu.amend = { _, _ in }
    try Self.goOn(display, rig)
  }

  // MARK: Headers

  @Test("G07: flags and padding that nobody knows are ignored", arguments: types)
  func padding(_ type: CommandType) throws {
    let found = try reason(of: type) {
      $0.otherFlags = .max << 2
      $0.padding = .max
    }
    #expect(found == nil)
  }

  @Test("G10: a fence that was not asked for is ignored", arguments: types)
  func strayFence(_ type: CommandType) throws {
    for fence: UInt64 in [0, 1, 2, 1 << 40, .max] where type != .resourceFlush {
      #expect(try reason(of: type) { $0.fence = fence } == nil)
    }
  }

  @Test(
    "G11: fences in another order, twice, 0, the last there is or to come end only their own frame",
    arguments: [
      (1, 0), (0, 0), (1, 1), (nil, 1), (0, nil), (.min, .min), (.max, .max), (7, 8), (0, 1),
    ] as [(Int?, Int?)])
  func swappedFences(_ first: Int?, _ second: Int?) throws {
    let rig = DisplayRig()
    var display = try rig.openWithFrame(buffers: .two)
    rig.gpu.isHolding = true
    let frames = [
      try display.present(display.nextFrame(waiting: rig.waiter)),
      try display.present(display.nextFrame(waiting: rig.waiter)),
    ]
    let fences = rig.gpu.requests.filter { $0.type == 0x104 }.compactMap(\.fence)
    try #require(fences.count == 2)
    /// The fence of one of both, or another number.
    func fence(_ choice: Int?) -> UInt64? {
      switch choice {
      case 0?: fences[0]
      case 1?: fences[1]
      case Int.min?: 0
      case Int.max?: .max
      case let other?: fences[1] + UInt64(other)
      case nil: nil
      }
    }
    let answers = [fence(first), fence(second)]
    rig.gpu.amend = { request, reply in
      guard request.type == 0x104 else { return }
      reply?.fence = answers[request.fence == fences[0] ? 0 : 1]
    }
    rig.gpu.isHolding = false
    rig.gpu.answerHeld()
    rig.gpu.amend = { _, _ in }
    for (index, frame) in frames.enumerated() {
      let error = failure { () throws(GPUError) in
        try display.finish(frame, waiting: rig.waiter)
      }
      guard answers[index] != fences[index] else {
        #expect(error == nil)
        continue
      }
      guard case .command(let failure) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      // Of several that failed, one is told of.
      let reasons = fences.indices.map { index in
        CommandFailure.Reason.fence(expected: fences[index], found: answers[index])
      }
      #expect(reasons.contains(failure.reason) && failure.subject.command == .resourceFlush)
    }
    try Self.goOn(display, rig)
  }

  @Test("G13: the answer to another command in this one's place: request error")
  func otherAnswer() throws {
    let information = GPUReply(type: 0x1101, body: Array(repeating: 1, count: 384))
    let edid = GPUReply(type: 0x1104, body: Array(repeating: 1, count: 1032))
    let nothing = GPUReply(type: 0x1100)
    for type in Self.types {
      for other in [information, edid, nothing] where other.type != Self.standard(type).code {
        #expect(
          try reason(of: type) { $0 = other } == .unexpected(ResponseType(rawValue: other.type)))
      }
    }
    #expect(
      try reason(of: .resourceFlush) { $0 = nothing } == .fence(expected: 1, found: nil),
      "that of the transfer")
  }

  // MARK: What the device writes elsewhere, or later

  @Test("Q20: a request that the device rewrites is named as it was", arguments: types)
  func rewrittenRequest(_ type: CommandType) throws {
    guard type != .resourceUnref, type != .resourceDetachBacking else { return }
    let rig = DisplayRig()
    var display = try rig.open()
    rig.gpu.amend = { request, reply in
      guard request.type == type.rawValue else { return }
      Self.fill(rig, 0xff) { !$0.isWritable }
      reply?.type = 0x1203
    }
    let error = failure { () throws(GPUError) in
      switch type {
      case .getDisplayInfo: try display.updateScanouts(waiting: rig.waiter)
      case .getEDID: _ = try display.readEDID(of: Self.scanout, waiting: rig.waiter)
      default: try Self.present(&display, rig)
      }
    }
    guard case .command(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.subject.command == type && failure.reason == .refused(.invalidResourceID))
    let resource: UInt32 = [.getDisplayInfo, .getEDID].contains(type) ? 0 : 1
    #expect(failure.subject.resource.rawValue == resource)
    rig.gpu.amend = { _, _ in }
    try Self.goOn(display, rig)
  }

  @Test("Q21: what is written to an answer after it was read changes nothing")
  func rewrittenAnswer() throws {
    let rig = DisplayRig()
    rig.gpu.edid = (0..<1024).map { UInt8(truncatingIfNeeded: $0) }
    var display = try rig.open()
    _ = try display.readEDID(of: Self.scanout, waiting: rig.waiter)
    try Self.present(&display, rig)
    for byte: UInt8 in [0xff, 0, 0x55] {
      Self.fill(rig, byte) { $0.isWritable }
      let scanout = display.scanouts[0]
      #expect(scanout.width == 64 && scanout.height == 48 && scanout.isEnabled)
      let edid = display.edid(of: Self.scanout).map { edid in
        (0..<edid.bytes.count).map { edid.bytes[$0] }
      }
      #expect(edid == Array(rig.gpu.edid.prefix(256)))
      try Self.present(&display, rig)
    }
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("SMP14: no two answers share memory, nor does an answer a request")
  func memory() throws {
    let rig = DisplayRig()
    _ = try rig.openWithFrame(buffers: .three)
    let ring = try #require(rig.transport.rings[0])
    var ranges: [Range<UInt64>] = []
    for index in 0..<64 {
      let (segment, _) = ring.descriptor(index)
      guard segment.byteCount > 0 else { continue }
      let start = segment.address.rawValue
      ranges.append(start..<start + UInt64(segment.byteCount))
    }
    ranges.sort { $0.lowerBound < $1.lowerBound }
    #expect(ranges.count >= 32)
    for (one, other) in zip(ranges, ranges.dropFirst()) {
      #expect(one.upperBound <= other.lowerBound)
    }
  }

  private static func fill(
    _ rig: DisplayRig, _ byte: UInt8, where isMeant: (DeviceRing.Segment) -> Bool
  ) {
    guard let ring = rig.transport.rings[0] else { return }
    for index in 0..<Int(ring.placement.size) {
      let (segment, _) = ring.descriptor(index)
      if segment.byteCount > 0, isMeant(segment) { ring.view(of: segment)?.fill(byte) }
    }
  }

  // MARK: The ring under a display

  @Test("Q29, Q35: a ring full of ones or noise at any instant: typed errors, and a reset mends it")
  func noise() throws {
    for seed in 0..<200 as Range<UInt64> {
      var generator = SplitMix64(seed: seed)
      let rig = DisplayRig()
      var display = try rig.open(buffers: .two)
      rig.gpu.isHolding = seed % 3 == 0
      for step in 0..<12 {
        if step == Int(seed % 12) {
          for queue: UInt16 in [0, 1] {
            guard let ring = rig.transport.rings[queue] else { continue }
            let area = rig.platform.memory.view(
              at: ring.placement.deviceArea, byteCount: 6 + 8 * Int(ring.placement.size))
            guard let area else { continue }
            for offset in 0..<area.byteCount {
              area.store(
                seed % 2 == 0 ? 0xff : UInt8(truncatingIfNeeded: generator.next()), at: offset)
            }
          }
        }
        _ = failure { () throws(GPUError) in try Self.present(&display, rig) }
        _ = failure { () throws(GPUError) in try display.moveCursor(toX: 1, y: 2) }
        _ = failure { () throws(GPUError) in
          _ = try display.takeDisplayEvent(waiting: rig.waiter)
        }
      }
      try? display.close(waiting: rig.waiter)
      #expect(rig.platform.isBalanced, "seed \(seed)")
      try Self.liveAgain(rig)
    }
  }

  @Test("Q31: a device that keeps everything: each call ends, nothing grows, and a reset mends it")
  func everythingKept() throws {
    let rig = DisplayRig()
    var display = try rig.openWithFrame(buffers: .three)
    rig.gpu.isHolding = true
    let allocations = rig.platform.allocationCount
    let image = [UInt32](repeating: 0, count: 4096)
    for round in 0..<40 {
      let errors = [
        failure { () throws(GPUError) in
          let frame = try display.nextFrame(waiting: rig.waiter)
          _ = try display.present(frame)
        },
        failure { () throws(GPUError) in try display.updateScanouts(waiting: rig.waiter) },
        failure { () throws(GPUError) in
          _ = try display.readEDID(of: Self.scanout, waiting: rig.waiter)
        },
        failure { () throws(GPUError) in
          try display.setCursor(
            image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: rig.waiter)
        },
      ]
      for error in errors.dropFirst(round < 3 ? 1 : 0) {
        switch error {
        case .timedOut(_, needsReset: false), .busy: break
        default: Issue.record("round \(round): \(String(describing: error))")
        }
      }
      for x: UInt32 in 0..<5 { try display.moveCursor(toX: x, y: 0) }
    }
    #expect(rig.gpu.requests.count { $0.queue == 0 } < 40 && rig.gpu.requests.count < 60)
    // The cursor's buffer.
    #expect(rig.platform.allocationCount <= allocations + 1)
    try? display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
    try Self.liveAgain(rig)
  }

  // MARK: Configuration

  @Test(
    "H26: events of every kind that never clear cost one question a look, and are cleared as known")
  func restlessEvents() throws {
    let rig = DisplayRig()
    var display = try rig.openWithFrame()
    for round in 1...50 {
      rig.transport.configuration[0] = .max
      #expect(try display.takeDisplayEvent(waiting: rig.waiter))
      #expect(rig.gpu.types.count { $0 == 0x100 } == round)
      try Self.present(&display, rig)
    }
    let writes = rig.transport.journal.events.filter {
      if case .writeConfiguration = $0 { true } else { false }
    }
    #expect(writes == Array(repeating: .writeConfiguration(4, 1), count: 50))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }

  @Test("H29: the number of scanouts is that of the beginning, and not read again")
  func scanoutCount() throws {
    let rig = DisplayRig()
    rig.transport.configuration[2] = 2
    rig.gpu.outputs = Array(repeating: .init(), count: 16)
    var display = try rig.open()
    for claimed: UInt32 in [0, 1, 16, .max] {
      rig.transport.configuration[2] = claimed
      rig.transport.configuration[0] = 1
      #expect(try display.takeDisplayEvent(waiting: rig.waiter))
      let enabled = (0..<16).count { display.scanouts[$0].isEnabled }
      let count = display.scanoutCount
      #expect(count == 2 && enabled == 2)
      try Self.present(&display, rig)
    }
    #expect(!rig.transport.journal.events.contains(.readConfiguration(8)))
    try display.close(waiting: rig.waiter)
    #expect(rig.platform.isBalanced)
  }
}
