import VirtIO

extension ControlQueue {
  /// Goes into service again, in the same memory, on a device that was reset. Nothing is posted and nothing
  /// in flight, and nobody waits for anything; fences go on growing.
  mutating func startOver<T: Transport & ~Copyable>(
    on device: inout LiveDevice<T>, during restart: borrowing Restart
  ) throws(DeviceError) where T.Bell == Bell {
    stopStanding()
    slots = CommandSlots(general: layout.generalSlots)
    accounts = FixedArray(repeating: CommandAccount())
    frames = FixedArray(repeating: FrameCommands())
    freeFrames = layout.allFrames
    finishedFrames = 0
    redirectedSlots = 0
    // A long answer that did not come will not come any more.
    longAnswer?.slot = nil
    forgetEDIDs()
    for slot in 0..<layout.slotCount {
      // The device may have answered what nobody will take back.
      memory.prepareForCPUReads(
        at: Layout.response(slot), byteCount: Layout.responseByteCount(slot))
    }
    try device.enable(&queue, during: restart)
    layOutChains()
  }
}

extension CursorQueue {
  /// Goes into service again, in the same memory, on a device that was reset and shows no cursor. What is
  /// wanted of it stays.
  mutating func startOver<T: Transport & ~Copyable>(
    on device: inout LiveDevice<T>, during restart: borrowing Restart
  ) throws(DeviceError) where T.Bell == Bell {
    noteSlots()
    forgetCommands()
    try device.enable(&queue, during: restart)
    layOutChains()
  }
}
