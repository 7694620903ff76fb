import Testing
import VirtIO
import VirtIOTesting

/// Drivers that break the rules of registers in memory, each of which the model must see.
@Suite struct MMIORuleTests {
  @Test("a driver that keeps the rules breaks none")
  func good() throws {
    let slot = RawSlot()
    slot.negotiate()
    try slot.makeQueue()
    slot.write(0x070, 15)
    slot.machine.interrupt(vector: 0, .queues)
    slot.write(0x064, slot.read(0x060))
    #expect(!slot.machine.pullsLine)
    slot.write(0x044, 0)
    #expect(slot.read(0x044) == 0)
    #expect(slot.broken == [])
  }

  @Test("MMIO-1: an access where there is no register")
  func nothing() {
    for offset: UInt in [0x00c + 0x0c, 0x028, 0x0f8, 0x110, 0x1fc] {
      let slot = RawSlot()
      #expect(slot.read(offset) == .max)
      #expect(slot.broken == ["MMIO-1"], "\(offset)")
    }
  }

  @Test("MMIO-2: a write of what can only be read")
  func readOnly() {
    for offset: UInt in [0x000, 0x010, 0x034, 0x060, 0x0fc] {
      let slot = RawSlot()
      slot.write(offset, 1)
      #expect(slot.broken == ["MMIO-2"], "\(offset)")
    }
  }

  @Test("MMIO-3: a read of what can only be written")
  func writeOnly() {
    for offset: UInt in [0x014, 0x030, 0x038, 0x050, 0x064, 0x080] {
      let slot = RawSlot()
      slot.read(offset)
      #expect(slot.broken == ["MMIO-3"], "\(offset)")
    }
  }

  @Test("MMIO-4: a control register by another width")
  func width() {
    let slot = RawSlot()
    slot.read8(0x070)
    slot.read16(0x072)
    slot.write16(0x050, 0)
    slot.write8(0x070, 0)
    #expect(slot.broken == Array(repeating: "MMIO-4", count: 4))
  }

  @Test("MMIO-7: a field of the configuration by another width")
  func fieldWidth() {
    let slot = RawSlot()
    slot.read8(0x108)
    slot.read16(0x108)
    slot.write16(0x104, 1)
    #expect(slot.broken == Array(repeating: "MMIO-7", count: 3))
  }

  @Test("MMIO-8: going on after a wrong magic value")
  func magic() {
    let slot = RawSlot(identifies: false, faults: [.init(on: .read(.magicValue), .value(7))])
    slot.identify()
    #expect(slot.broken == ["MMIO-8", "MMIO-8"])
  }

  @Test("MMIO-10: going on after a wrong version")
  func version() {
    let slot = RawSlot(identifies: false, faults: [.init(on: .read(.version), .value(1))])
    slot.identify()
    #expect(slot.broken == ["MMIO-10"])
  }

  @Test("MMIO-INIT-1: a register before magic value and version")
  func identity() {
    let slot = RawSlot(identifies: false)
    slot.read(0x000)
    slot.read(0x008)
    slot.write(0x070, 0)
    #expect(slot.broken == ["MMIO-INIT-1", "MMIO-INIT-1"])
  }

  @Test("MMIO-INIT-2: a register before the device id")
  func deviceID() {
    let slot = RawSlot(identifies: false)
    slot.read(0x000)
    slot.read(0x004)
    slot.write(0x070, 0)
    #expect(slot.broken == ["MMIO-INIT-2"])
  }

  @Test("MMIO-INIT-4: a register of an empty place")
  func empty() {
    let slot = RawSlot(faults: [.init(on: .read(.deviceID), .value(0))])
    slot.write(0x070, 0)
    slot.read(0x100)
    #expect(slot.broken.prefix(2) == ["MMIO-INIT-4", "MMIO-INIT-4"])
  }

  @Test("MMIO-INIT-5: shared memory is asked for")
  func sharedMemory() {
    let slot = RawSlot()
    slot.write(0x0ac, 0)
    #expect(slot.read(0x0b0) == .max)
    #expect(slot.broken == ["MMIO-INIT-5", "MMIO-INIT-5"])
  }

  @Test("MMIO-14: features are read before a word was selected")
  func offered() {
    let slot = RawSlot()
    slot.read(0x010)
    #expect(slot.broken == ["MMIO-14"])
  }

  @Test("MMIO-15: features are written before a word was selected")
  func accepted() {
    let slot = RawSlot()
    slot.write(0x070, 0)
    slot.read(0x070)
    for status: UInt32 in [1, 3] { slot.write(0x070, status) }
    slot.write(0x014, 0)
    slot.read(0x010)
    slot.write(0x020, 0)
    #expect(slot.broken == ["MMIO-15"])
  }

  @Test("MMIO-14, MMIO-15: a reset leaves no word selected")
  func forgotten() {
    let slot = RawSlot()
    slot.negotiate()
    slot.write(0x070, 0)
    slot.read(0x070)
    for status: UInt32 in [1, 3] { slot.write(0x070, status) }
    for word: UInt32 in 0..<2 {
      slot.read(0x010)
      slot.write(0x014, word)
      slot.read(0x010)
    }
    slot.write(0x020, 0)
    #expect(slot.broken == ["MMIO-14", "MMIO-15"])
  }

  @Test("MMIO-16: a queue larger than it can be")
  func size() {
    let slot = RawSlot()
    slot.negotiate()
    slot.write(0x030, 1)
    slot.write(0x038, 2 * slot.read(0x034))
    #expect(slot.broken == ["MMIO-16"])
  }

  @Test("MMIO-17: a queue that is ready is programmed")
  func ready() throws {
    for offset: UInt in [0x038, 0x080, 0x094, 0x0a4] {
      let slot = RawSlot()
      slot.negotiate()
      try slot.makeQueue()
      slot.write(offset, 4)
      #expect(slot.broken == ["MMIO-17"], "\(offset)")
    }
  }

  @Test("MMIO-19: a queue is stopped, and that is not read back")
  func stop() throws {
    let slot = RawSlot()
    slot.negotiate()
    try slot.makeQueue()
    slot.write(0x044, 0)
    slot.write(0x070, 0)
    #expect(slot.broken == ["MMIO-19"])
  }

  @Test("MMIO-21: more is acknowledged than was read")
  func acknowledged() {
    let slot = RawSlot()
    slot.machine.interrupt(vector: 0, .queues)
    slot.read(0x060)
    slot.machine.interrupt(vector: 0, .configuration)
    slot.write(0x064, 3)
    #expect(slot.broken == ["MMIO-21"])
  }

  @Test("MMIO-22: something without a meaning is acknowledged")
  func undefined() {
    let slot = RawSlot()
    slot.write(0x064, 4)
    #expect(slot.broken == ["MMIO-22"])
  }

  @Test("MMIO-D-2: a notification of no queue")
  func notification() throws {
    let slot = RawSlot()
    slot.negotiate()
    try slot.makeQueue()
    slot.write(0x070, 15)
    slot.write(0x050, 9)
    #expect(slot.broken == ["MMIO-D-2"])
  }

  @Test("MMIO-23: a queue is programmed before its reset reads as done")
  func earlyUse() throws {
    let slot = RawSlot(offering: .ringReset)
    slot.negotiate(.ringReset)
    try slot.makeQueue()
    slot.write(0x070, 15)
    slot.write(0x0c0, 1)
    #expect(slot.read(0x044) == 1, "until it is done")
    slot.write(0x038, 4)
    slot.write(0x080, 0x1000)
    #expect(slot.broken == ["MMIO-23", "MMIO-23"])
    while slot.read(0x0c0) != 0 {}
    #expect(slot.read(0x044) == 0)
    slot.machine.clearViolations()
    try slot.makeQueue()
    #expect(slot.read(0x044) == 1 && slot.read(0x0c0) == 0)
    #expect(slot.broken == [])
  }

  @Test("MMIO-D-2, NOTIF-D-1: notification data for no queue, and for another available index")
  func notificationData() throws {
    let slot = RawSlot(offering: .notificationData)
    slot.negotiate(.notificationData)
    try slot.makeQueue()
    slot.write(0x070, 15)
    slot.write(0x050, 7 | 3 << 16)
    #expect(slot.broken == ["MMIO-D-2"])
    slot.machine.clearViolations()
    slot.write(0x050, 3 << 16)
    #expect(slot.broken.first == "NOTIF-D-1")
  }
}
