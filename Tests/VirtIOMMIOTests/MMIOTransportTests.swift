import Testing
import VirtIO
import VirtIOMMIO
import VirtIOTestDoubles

@Suite("MMIOTransport")
struct MMIOTransportTests {
  private typealias Access = FakeSlot.Access

  private let slot = FakeSlot()
  private let platform = TestPlatform()

  private func makeTransport() throws -> MMIOTransport<FakeSlot> {
    let window = try #require(slot.window)
    guard let transport = try MMIOTransport(window) else {
      throw MMIOError.wrongMagic(found: 0)
    }
    return transport
  }

  /// Why there is no transport, or nil; and whether there is one.
  private func probe() throws -> (MMIOError?, isThere: Bool) {
    let window = try #require(slot.window)
    do throws(MMIOError) {
      let transport = try MMIOTransport(window)
      return (nil, transport != nil)
    } catch {
      return (error, false)
    }
  }

  // MARK: Finding

  @Test("MMIO-INIT-1, MMIO-INIT-2: magic value, version, device id, in this order, and no write")
  func probeOrder() throws {
    let transport = try makeTransport()
    #expect(transport.deviceType == 16)
    #expect(slot.accesses == [.read(0x000), .read(0x004), .read(0x008)])
  }

  @Test("MMIO-8, MMIO-9: what has another magic value is not driven, and looked at no more")
  func magic() throws {
    for magic: UInt32 in [0, .max, 0x7669_7274, 0x7472_6977] {
      slot.clear()
      slot.magic = magic
      #expect(try probe() == (.wrongMagic(found: magic), false))
      #expect(slot.accesses == [.read(0x000)])
    }
  }

  @Test("MMIO-10, MMIO-11: another version is not driven, the legacy one neither")
  func version() throws {
    for version: UInt32 in [0, 1, 3, .max] {
      slot.clear()
      slot.version = version
      #expect(try probe() == (.wrongVersion(found: version), false))
      #expect(slot.accesses == [.read(0x000), .read(0x004)])
    }
  }

  @Test("MMIO-12, MMIO-13, MMIO-INIT-3, MMIO-INIT-4: an empty place is no error, and left alone")
  func empty() throws {
    slot.deviceID = 0
    #expect(try probe() == (nil, false))
    #expect(slot.accesses.count == 3)
    #expect(slot.violations == [])
  }

  @Test("registers too short for a device are not read at all")
  func short() throws {
    for byteCount: UInt in [1, 0xff] {
      slot.byteCount = byteCount
      #expect(try probe() == (.registersTooShort(byteCount: byteCount), false))
    }
    #expect(slot.accesses == [])
    slot.byteCount = 0x100
    #expect(try makeTransport().configurationByteCount == 0)
  }

  @Test("a device id of more than 16 bits is no device that a driver is for")
  func wideDeviceID() throws {
    slot.deviceID = 0x1_0010
    #expect(try makeTransport().deviceType == .max)
  }

  @Test("errors say what was expected and what was found")
  func words() {
    var sink = TextRecorder()
    MMIOError.wrongVersion(found: 1).describe(to: &sink)
    #expect(sink.text.contains("legacy") && sink.text.contains("expected version 2, found 1"))
    sink = TextRecorder()
    MMIOError.wrongMagic(found: 0x1234).describe(to: &sink)
    #expect(sink.text.contains("0x1234"))
    sink = TextRecorder()
    MMIOError.wrongVersion(found: 7).describe(to: &sink)
    MMIOError.registersTooShort(byteCount: 12).describe(to: &sink)
    #expect(sink.text.contains("found 7") && sink.text.contains("found 12"))
  }

  // MARK: Taking into service

  /// Agrees on features, and clears what was recorded.
  private func negotiate() throws -> NegotiatedDevice<MMIOTransport<FakeSlot>> {
    let device = try AcknowledgedDevice(
      resetting: makeTransport(), on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    return device
  }

  @Test("MMIO-INIT-6, MMIO-14, MMIO-15: after that the general steps; each word is selected first")
  func handshake() throws {
    slot.offered = 1 << 32 | 1 << 33 | 1 << 1
    let device = try negotiate()
    #expect(device.features == [.version1, .accessPlatform])
    #expect(
      slot.accesses.dropFirst(3) == [
        .write(0x070, 0), .read(0x070), .write(0x070, 1), .write(0x070, 3),
        .write(0x014, 0), .read(0x010), .write(0x014, 1), .read(0x010),
        .write(0x024, 0), .write(0x020, 0), .write(0x024, 1), .write(0x020, 3),
        .write(0x070, 11), .read(0x070),
      ])
    #expect(slot.accepted == 3 << 32)
    #expect(slot.violations == [])
  }

  @Test("MMIO-16, MMIO-17, MMIO-INIT-5: a queue is programmed in order, once it is not in use")
  func queueSetUp() throws {
    slot.queues[1].maximumSize = 5
    var device = try negotiate()
    slot.clear()
    let queue: Virtqueue<JournaledRegion, MMIODoorbell<FakeSlot>, 16> = try device.makeQueue(
      1, on: platform)
    #expect(queue.size == 4)
    let areas = slot.queues[1].areas
    #expect(
      slot.accesses == [
        .write(0x030, 1), .read(0x044), .read(0x034), .write(0x038, 4),
        .write(0x080, areas[0]), .write(0x084, areas[1]), .write(0x090, areas[2]),
        .write(0x094, areas[3]), .write(0x0a0, areas[4]), .write(0x0a4, areas[5]),
        .write(0x044, 1), .read(0x044),
      ])
    #expect(areas[0] % 16 == 0 && areas[1] == 0x40)
    #expect(slot.violations == [])
  }

  /// What making queue 0 throws, if it does.
  private func failureOfQueue() throws -> DeviceError? {
    var device = try negotiate()
    slot.clear()
    do throws(DeviceError) {
      let queue: Virtqueue<JournaledRegion, MMIODoorbell<FakeSlot>, 16> = try device.makeQueue(
        0, on: platform)
      _ = queue.size
      return nil
    } catch {
      return error
    }
  }

  @Test("H21, MMIO-17: a queue that is in use is left alone")
  func queueInUse() throws {
    slot.readyAfter = { _ in 1 }
    #expect(try failureOfQueue() == .queueMissing(index: 0))
    #expect(slot.accesses == [.write(0x030, 0), .read(0x044)])
    #expect(platform.isBalanced)
  }

  @Test("a queue that has no room is missing; one with more than 16 bits of room has the most")
  func queueRoom() throws {
    slot.queues[0].maximumSize = 0
    #expect(try failureOfQueue() == .queueMissing(index: 0))
    slot.queues[0].maximumSize = .max
    #expect(try failureOfQueue() == nil)
    #expect(slot.queues[0].size == 16)
  }

  @Test("H22, MMIO-18, MMIO-19: a queue that does not get ready is stopped, which is read back")
  func queueRefused() throws {
    slot.readyAfter = { $0 == 1 ? 0 : $0 }
    #expect(try failureOfQueue() == .queueRefused(index: 0, isKept: false))
    #expect(
      slot.accesses.suffix(4) == [
        .write(0x044, 1), .read(0x044), .write(0x044, 0), .read(0x044),
      ])
    #expect(platform.isBalanced)
    #expect(slot.violations == [])
  }

  @Test("MMIO-19: the memory of a queue that the device keeps is not given back")
  func queueKept() throws {
    var isSelected = false
    slot.readyAfter = { ready in
      defer { isSelected = true }
      return isSelected ? 0xff : ready
    }
    #expect(try failureOfQueue() == .queueRefused(index: 0, isKept: true))
    #expect(platform.memory.liveCount == 1 && platform.wrongFreeCount == 0)
  }

  // MARK: In service

  @Test("MMIO-4: a doorbell is one write of 32 bits: the queue's index")
  func doorbell() throws {
    var device = try negotiate()
    var queue: Virtqueue<JournaledRegion, MMIODoorbell<FakeSlot>, 16> = try device.makeQueue(
      1, on: platform)
    let live = device.start()
    #expect(live.features == .version1)
    let chain = try queue.makeChain(
      readable: Segment(address: DeviceAddress(rawValue: 0x7000_0000), byteCount: 8), writable: nil)
    try queue.enqueue(chain, readableByteCount: 8)
    slot.clear()
    queue.publish()
    #expect(slot.accesses == [.write(0x050, 1)])
    #expect(slot.violations == [])
  }

  @Test("MMIO-D-2, NOTIF-D-1: with NOTIFICATION_DATA a doorbell says what is next, too")
  func notificationData() throws {
    slot.offered = Features([.version1, .notificationData]).rawValue
    var device = try negotiate()
    var queue: Virtqueue<JournaledRegion, MMIODoorbell<FakeSlot>, 16> = try device.makeQueue(
      1, on: platform)
    #expect(device.start().features == [.version1, .notificationData])
    let segment = Segment(address: DeviceAddress(rawValue: 0x7000_0000), byteCount: 8)
    for next: UInt32 in 1...3 {
      let chain = try queue.makeChain(readable: segment, writable: nil)
      try queue.enqueue(chain)
      slot.clear()
      queue.publish()
      #expect(slot.accesses == [.write(0x050, 1 | next << 16)])
    }
    #expect(slot.violations == [])
  }

  @Test(
    "MMIO-1, MMIO-2, MMIO-3, MMIO-4: a whole life reads what is to be read, and writes the rest")
  func life() throws {
    slot.offered = .max
    let patience = PollingWaiter(timeout: .milliseconds(1))
    var device = try negotiate()
    let queue: Virtqueue<JournaledRegion, MMIODoorbell<FakeSlot>, 8> = try device.makeQueue(
      0, on: platform)
    let live = device.start()
    #expect(try live.readConfiguration { $0.readConfiguration32(at: 28) } == 0x1f1e_1d1c)
    live.writeConfiguration32(7, at: 4)
    #expect(live.interrupts.takeLineCauses() == [])
    let proof = try live.reset(on: platform, waiting: patience)
    queue.free(to: platform, after: proof)
    #expect(platform.isBalanced)
    #expect(slot.violations == [])
  }

  @Test("MMIO-5, MMIO-6, MMIO-7: each field of the configuration is accessed as wide as it is")
  func widths() throws {
    let transport = try makeTransport()
    slot.clear()
    #expect(transport.readConfiguration8(at: 3) == 3)
    #expect(transport.readConfiguration16(at: 6) == 0x0706)
    #expect(transport.readConfiguration32(at: 8) == 0x0b0a_0908)
    transport.writeConfiguration32(0xabcd, at: 12)
    #expect(
      slot.accesses == [
        .read(0x103, 1), .read(0x106, 2), .read(0x108), .write(0x10c, 0xabcd),
      ])
  }

  @Test("MMIO-1: beyond the registers there are ones, and no access")
  func beyond() throws {
    let transport = try makeTransport()
    #expect(transport.configurationByteCount == 0x100)
    slot.clear()
    #expect(transport.readConfiguration8(at: 0x100) == .max)
    #expect(transport.readConfiguration16(at: 0xff) == .max)
    #expect(transport.readConfiguration32(at: 0xfd) == .max)
    #expect(transport.readConfiguration32(at: .max) == .max)
    transport.writeConfiguration32(1, at: 0x100)
    transport.writeConfiguration8(1, at: 0x100)
    #expect(slot.accesses == [])
    transport.writeConfiguration8(0x55, at: 3)
    #expect(slot.accesses == [.write(0x103, 0x55, 1)])
  }

  @Test("RESET-1: a status that has bits which no status has is no reset")
  func wideStatus() throws {
    slot.status = 0x100
    #expect(try makeTransport().readStatus() == DeviceStatus(rawValue: 0xff))
    slot.status = 0x0f
    #expect(try makeTransport().readStatus() == [.acknowledge, .driver, .driverOK, .featuresOK])
  }

  @Test("CFG-3: the generation is read before and after, 32 bits of it")
  func generation() throws {
    let device = try negotiate()
    slot.generation = 0x8000_0001
    slot.clear()
    #expect(try device.readConfiguration { $0.readConfiguration32(at: 0) } == 0x0302_0100)
    #expect(slot.accesses == [.read(0x0fc), .read(0x100), .read(0x0fc)])
  }
}
