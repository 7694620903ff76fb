import VirtIO
import VirtIOGraphics

// The commands of a frame: its own two, of which the second is the last and fenced, and before them others
// in general slots, if its resource has to be made or several rectangles are transferred.
extension ControlQueue {
  /// Commands that a frame may take: those that are encoded for it, if they are free, else any.
  ///
  /// - Throws: ``GPUError/busy`` if there are none.
  @inline(__always)
  mutating func frameCommands(preferring hint: UInt8) throws(GPUError) -> Int {
    if freeFrames >> hint & 1 != 0 { return Int(hint) }
    guard freeFrames != 0 else { throw .busy }
    return freeFrames.trailingZeroBitCount
  }

  /// Whether commands are encoded for all of a frame in this place.
  @inline(__always)
  mutating func isEncoded(_ index: Int, for place: FramePlace) -> Bool {
    frames[index].isWhole && frames[index].place == place
  }

  /// Encodes the two commands of a frame that nothing is posted of yet.
  ///
  /// - Parameters:
  ///   - transferred: What is transferred by the frame's own command.
  ///   - offset: Where in the backing that starts.
  ///   - flushed: What is flushed.
  ///   - isWhole: Whether both are all of the frame.
  mutating func encode(
    _ index: Int, for place: FramePlace, transferring transferred: Rectangle, at offset: UInt64,
    flushing flushed: Rectangle, isWhole: Bool
  ) {
    let slot = Layout.transferSlot(of: index)
    store(
      TransferToHost2D(place.resource, rectangle: transferred, offset: offset), in: slot)
    store(ResourceFlush(place.resource, rectangle: flushed, fence: 0), in: slot &+ 1)
    frames[index].place = place
    frames[index].isWhole = isWhole
  }

  /// Encodes the two commands of a frame whose pixels the device reads in place.
  ///
  /// - Parameters:
  ///   - command: What puts it on its scanout.
  ///   - flushed: What is flushed.
  ///   - isWhole: Whether that is all of the frame.
  mutating func encode(
    _ index: Int, for place: FramePlace, showing command: SetScanoutBlob,
    flushing flushed: Rectangle, isWhole: Bool
  ) {
    let slot = Layout.transferSlot(of: index)
    store(command, in: slot)
    store(ResourceFlush(place.resource, rectangle: flushed, fence: 0), in: slot &+ 1)
    frames[index].place = place
    frames[index].isWhole = isWhole
  }

  /// Has the commands of a frame be taken, of which only the second is needed.
  mutating func begin(_ index: Int) {
    freeFrames &= ~(1 << UInt8(truncatingIfNeeded: index))
  }

  /// Puts the first command of a frame in the queue, as it is encoded; the device sees it after
  /// ``publish()``.
  @inline(__always)
  mutating func postTransfer(_ index: Int) throws(GPUError) {
    let slot = Layout.transferSlot(of: index)
    clearResponse(
      at: Layout.shortResponse(slot), byteCount: MemoryLayout<ControlHeader>.size)
    try enqueue(slot)
    frames[index].pendingCount &+= 1
    freeFrames &= ~(1 << UInt8(truncatingIfNeeded: index))
  }

  /// Puts the last command of a frame in the queue, as it is encoded but with a new fence.
  @inline(__always)
  mutating func postFlush(_ index: Int, fence: UInt64) throws(GPUError) {
    let slot = Layout.transferSlot(of: index) &+ 1
    var bytes = memory.mutableBytes
    bytes.store(LE64(fence), at: Layout.request(slot) &+ ControlHeader.fenceOffset)
    memory.prepareForDeviceReads(
      at: Layout.request(slot), byteCount: MemoryLayout<ResourceFlush>.size)
    clearResponse(
      at: Layout.shortResponse(slot), byteCount: MemoryLayout<ControlHeader>.size)
    try enqueue(slot)
    frames[index].fence = fence
    frames[index].pendingCount &+= 1
  }

  /// Takes back a command that is a frame's own.
  ///
  /// - Returns: Whether the slot is that of one.
  @inline(__always)
  mutating func finishFrameCommand(_ slot: Int, writtenByteCount: UInt32) -> Bool {
    let place = slot &- Layout.inquiryCount
    guard place >= 0, place < 2 &* layout.frameCount else { return false }
    memory.prepareForCPUReads(
      at: Layout.shortResponse(slot), byteCount: MemoryLayout<ControlHeader>.size)
    let index = place / 2
    let isFlush = place & 1 != 0
    guard let header = memory.bytes.wire(ControlHeader.self, at: Layout.shortResponse(slot)) else {
      return false
    }
    let isDone =
      writtenByteCount == UInt32(MemoryLayout<ControlHeader>.size)
      && header.responseType == .okNoData
      && (!isFlush || header.echoedFence == frames[index].fence)
    if !isDone { judge(header, index, isFlush, writtenByteCount) }
    finish(index)
    return true
  }

  /// Notes what is wrong with a response, if anything is.
  @inline(never)
  private mutating func judge(
    _ header: ControlHeader, _ index: Int, _ isFlush: Bool, _ writtenByteCount: UInt32
  ) {
    let first: CommandType = layout.sharesPixels ? .setScanoutBlob : .transferToHost2D
    let command: CommandType = isFlush ? .resourceFlush : first
    let reason = Self.judge(
      header, command, fence: isFlush ? frames[index].fence : 0, writtenByteCount: writtenByteCount)
    guard let reason else { return }
    let place = frames[index].place
    let subject = CommandSubject(
      command, resource: place.resource, scanout: ScanoutID(rawValue: UInt32(place.scanout)))
    fail(index, CommandFailure(subject: subject, reason: reason))
  }

  /// Notes that a command of a frame failed. The first is kept.
  mutating func fail(_ index: Int, _ failure: CommandFailure) {
    frames[index].failure = frames[index].failure ?? failure
  }

  /// Notes that the device has given back one of the commands of a frame.
  @inline(__always)
  mutating func finish(_ index: Int) {
    frames[index].pendingCount &-= 1
    if frames[index].pendingCount == 0 {
      finishedFrames |= 1 << UInt8(truncatingIfNeeded: index)
    }
  }

  /// The commands of a frame with which the device is done, for which they are free then; nil if there is
  /// none.
  @inline(__always)
  mutating func takeFinished() -> Int? {
    guard finishedFrames != 0 else { return nil }
    let index = finishedFrames.trailingZeroBitCount
    finishedFrames &= finishedFrames &- 1
    freeFrames |= 1 << UInt8(truncatingIfNeeded: index)
    return index
  }
}
