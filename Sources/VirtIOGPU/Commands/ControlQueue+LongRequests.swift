import VirtIO

// Requests that are too long for a slot: they lie in memory of their own, and only the response is in the slot.
extension ControlQueue {
  /// Puts a command in the queue that lies elsewhere; the device sees it after ``publish()``.
  ///
  /// - Parameter request: All of it, shown to the device; it stays as it is until the answer has come.
  /// - Throws: ``GPUError/busy`` if no slot is free.
  @inline(never)
  mutating func post(
    from request: Segment, _ subject: CommandSubject, for owner: CommandOwner
  ) throws(GPUError) {
    guard let slot = slots.nextFree else { throw .busy }
    try redirect(slot, to: request)
    let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: slot)
    // For once it is to lead there.
    redirectedSlots &= ~bit
    defer { redirectedSlots |= bit }
    clearResponse(slot)
    try send(slot, Int(request.byteCount), CommandRecord(subject, fence: 0, owner: owner))
  }

  /// Has a slot's chain lead to the slot's own request again.
  @inline(never)
  mutating func restore(_ slot: Int) throws(GPUError) {
    let bit: UInt32 = 1 << UInt32(truncatingIfNeeded: slot)
    guard redirectedSlots & bit != 0 else { return }
    let own = Segment(
      address: memory.deviceAddress.advanced(by: Layout.request(slot)),
      byteCount: UInt32(truncatingIfNeeded: layout.requestByteCount(slot)))
    try redirect(slot, to: own)
    redirectedSlots &= ~bit
  }

  private mutating func redirect(_ slot: Int, to request: Segment) throws(GPUError) {
    guard let chain = chains[slot] else { throw .busy }
    do {
      try queue.redirect(chain, reading: request)
    } catch {
      throw .queue(error)
    }
  }
}
