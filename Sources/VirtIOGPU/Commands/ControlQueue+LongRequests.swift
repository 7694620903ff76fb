import VirtIO

// Requests that are too long for a slot: they lie in memory of their own, and only the response is in the slot.
// Responses that are too long are in LongAnswer.swift.
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
    let response = Segment(
      address: memory.deviceAddress.advanced(by: Layout.response(slot)),
      byteCount: UInt32(truncatingIfNeeded: Layout.responseByteCount(slot)))
    try redirect(slot, to: ownRequest(slot), writing: response)
    redirectedSlots &= ~bit
  }

  /// Where a slot's own request lies.
  func ownRequest(_ slot: Int) -> Segment {
    Segment(
      address: memory.deviceAddress.advanced(by: Layout.request(slot)),
      byteCount: UInt32(truncatingIfNeeded: layout.requestByteCount(slot)))
  }

  mutating func redirect(_ slot: Int, to request: Segment, writing response: Segment? = nil)
    throws(GPUError)
  {
    guard let chain = chains[slot] else { throw .busy }
    do {
      try queue.redirect(chain, reading: request, writing: response)
    } catch {
      throw .queue(error)
    }
  }
}
