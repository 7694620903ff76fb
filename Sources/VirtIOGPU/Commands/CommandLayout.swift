import VirtIO

/// Where requests and responses lie: on cache lines of their own, as one side writes each.
///
/// Each command has a slot: first those for one type of question each, whose responses are long, then two
/// for each frame, then those for anything else.
struct CommandLayout<Region: DMARegion> {
  private let slots: UInt8
  private let frames: UInt8
  /// How many scanouts have a place for their EDID.
  let scanoutCount: Int
  /// Whether the first command of a frame is SET_SCANOUT_BLOB rather than TRANSFER_TO_HOST_2D.
  let sharesPixels: Bool

  /// The layout for a queue with room for so many commands.
  init(commandCount: Int, scanoutCount: Int, sharesPixels: Bool) {
    self.sharesPixels = sharesPixels
    let slotCount = min(commandCount, Self.capacity)
    let shared = slotCount &- Self.inquiryCount &- Self.commandsPerResource
    let frameCount = max(1, min(shared / 3, Self.frameCapacity))
    slots = UInt8(truncatingIfNeeded: slotCount)
    frames = UInt8(truncatingIfNeeded: frameCount)
    self.scanoutCount = scanoutCount
  }

  /// How many slots there are.
  var slotCount: Int { Int(slots) }
  /// How many frames have commands of their own.
  var frameCount: Int { Int(frames) }

  /// The most slots that there can be.
  static var capacity: Int { 32 }
  /// The most frames that can have commands of their own.
  static var frameCapacity: Int { 8 }
  /// How many slots, the first ones, are for one type of question each.
  static var inquiryCount: Int { 2 }
  /// How many commands it takes to make a resource and show it, besides those of a frame.
  static var commandsPerResource: Int { 3 }
  /// How many commands the queue has to have room for.
  static var minimumCount: Int { inquiryCount &+ 2 &+ commandsPerResource }

  /// The slots of no question and of no frame, a bit for each.
  var generalSlots: UInt32 {
    let first = UInt32(truncatingIfNeeded: Self.inquiryCount &+ 2 &* frameCount)
    let all: UInt64 = (1 << UInt64(truncatingIfNeeded: slotCount)) &- 1
    return UInt32(truncatingIfNeeded: all) & (.max << first)
  }

  /// A bit for each frame with commands of its own.
  var allFrames: UInt8 { UInt8(truncatingIfNeeded: (1 << frameCount) &- 1) }

  static func inquirySlot(of type: CommandType) -> Int { type == .getEDID ? 1 : 0 }
  /// The slot of the transfer of a frame; that of its flush follows.
  static func transferSlot(of frame: Int) -> Int { inquiryCount &+ 2 &* frame }

  // MARK: Places

  static var requestByteCount: Int { 128 }
  private static var stride: Int {
    lines(requestByteCount) &+ lines(MemoryLayout<ControlHeader>.size)
  }
  private static var displayInfoByteCount: Int { lines(512) }
  private static var edidByteCount: Int { lines(1152) }

  /// So many bytes, up to the end of their last line.
  private static func lines(_ byteCount: Int) -> Int {
    let line = max(64, Region.lineByteCount)
    return (byteCount &+ line &- 1) & ~(line &- 1)
  }

  private static var longResponses: Int { capacity &* stride }
  private static var edids: Int { longResponses &+ displayInfoByteCount &+ edidByteCount }

  /// A line of its own: it is never written back or forgotten on behalf of the device.
  static func interruptLatch(scanoutCount: Int) -> Int {
    edids &+ scanoutCount &* edidByteCount
  }

  /// How much memory it takes, however many commands there are.
  static func byteCount(scanoutCount: Int) -> Int {
    interruptLatch(scanoutCount: scanoutCount) &+ lines(4)
  }

  static func request(_ slot: Int) -> Int { slot &* stride }

  /// How long a slot's request is: always, if it is a frame's own, else at most.
  func requestByteCount(_ slot: Int) -> Int {
    let place = slot &- Self.inquiryCount
    guard place >= 0, place < 2 &* frameCount else { return Self.requestByteCount }
    if place & 1 != 0 { return MemoryLayout<ResourceFlush>.size }
    return sharesPixels ? MemoryLayout<SetScanoutBlob>.size : MemoryLayout<TransferToHost2D>.size
  }

  /// The response of any slot but those of questions.
  static func shortResponse(_ slot: Int) -> Int { slot &* stride &+ lines(requestByteCount) }

  static func response(_ slot: Int) -> Int {
    switch slot {
    case 0: longResponses
    case 1: longResponses &+ displayInfoByteCount
    default: shortResponse(slot)
    }
  }

  static func responseByteCount(_ slot: Int) -> Int {
    switch slot {
    case 0: displayInfoByteCount
    case 1: edidByteCount
    default: MemoryLayout<ControlHeader>.size
    }
  }

  /// Where the EDID of a scanout is kept; the device is not told of this place.
  func edid(of scanout: Int) -> Int? {
    guard scanout >= 0, scanout < scanoutCount else { return nil }
    return Self.edids &+ scanout &* Self.edidByteCount
  }
}
