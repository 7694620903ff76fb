import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Making a queue")
struct MakeQueueTests {
  private let platform = TestPlatform()
  private let transport: FakeTransport

  init() {
    transport = FakeTransport(on: platform)
  }

  /// Makes queue 3 with at most 16 entries; what it throws, if it does.
  private func makeQueue() throws -> DeviceError? {
    var device = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    do throws(DeviceError) {
      let queue: Virtqueue<JournaledRegion, FakeDoorbell, 16> = try device.makeQueue(
        3, on: platform)
      let size = queue.size
      #expect(transport.rings[3]?.placement.size == UInt16(size))
      return nil
    } catch {
      return error
    }
  }

  @Test("H17, PCI-VQ-D-1: a queue with no room is missing")
  func missing() throws {
    transport.maximumSizes = [:]
    #expect(try makeQueue() == .queueMissing(index: 3))
    #expect(platform.allocationCount == 0)
  }

  @Test("H18, H19: the size is a power of two that both sides can have")
  func sizes() throws {
    for (room, size) in [(1, 1), (3, 2), (16, 16), (17, 16), (0x8000, 16), (0xffff, 16)] {
      transport.maximumSizes = [3: UInt16(room)]
      #expect(try makeQueue() == nil)
      #expect(transport.rings[3]?.placement.size == UInt16(size), "room for \(room)")
      #expect(transport.rings[3]?.placement.maximumSize == UInt16(room))
    }
  }

  @Test("a queue is made once", arguments: [0, 1, 63] as [UInt16])
  func twice(_ index: UInt16) throws {
    transport.maximumSizes[index] = 8
    var device = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    let queue: Virtqueue<JournaledRegion, FakeDoorbell, 8> = try device.makeQueue(
      index, on: platform)
    let size = queue.size
    do throws(DeviceError) {
      let again: Virtqueue<JournaledRegion, FakeDoorbell, 8> = try device.makeQueue(
        index, on: platform)
      Issue.record("made twice, with \(again.size) entries")
    } catch {
      #expect(error == .queueMissing(index: index) && size == 8)
    }
    #expect(platform.allocationCount == 1)
  }

  @Test("no memory: the device is not told of the queue")
  func allocationFailure() throws {
    transport.maximumSizes = [3: 16]
    platform.failingAllocation = 0
    let error = try makeQueue()
    guard case .outOfMemory(let failure) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(failure.byteCount >= 26 * 16 + 12)
    #expect(transport.rings.isEmpty && platform.isBalanced)
  }

  @Test("a queue that cannot be enabled leaves no memory behind")
  func enabling() throws {
    transport.maximumSizes = [3: 16]
    transport.brokenQueue = 3
    #expect(try makeQueue() == .notificationOutOfRange(index: 3, offset: 0xfff))
    #expect(platform.allocationCount == 1 && platform.isBalanced)
  }
}
