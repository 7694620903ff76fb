import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("Errors in plain words")
struct DescribingTests {
  @Test("device errors say what was expected and what was found")
  func deviceErrors() {
    #expect(
      text(of: DeviceError.neverReset(status: [.failed, .driver]))
        == "the device never left reset: expected status 0, found 0x82")
    #expect(
      text(of: DeviceError.missingFeatures(required: .version1, offered: .eventIndex))
        == "the device lacks features: expected 0x100000000, found 0x20000000")
    #expect(text(of: DeviceError.featuresRefused(accepted: .version1)).contains("0x100000000"))
    #expect(text(of: DeviceError.configurationUnstable).contains("never settled"))
    #expect(
      text(of: DeviceError.configurationTooSmall(byteCount: 4, needed: 16))
        .hasSuffix("expected 16 bytes, found 4"))
    #expect(text(of: DeviceError.queueMissing(index: 1)) == "the device has no queue 1")
    #expect(
      text(of: DeviceError.queueTooSmall(index: 1, size: 3))
        == "queue 1 is too small: found room for 3")
    #expect(
      text(of: DeviceError.queueRefused(index: 3, isKept: false))
        == "the device does not take queue 3")
    #expect(
      text(of: DeviceError.notificationOutOfRange(index: 2, offset: 99)).hasSuffix("offset 99"))
  }

  @Test("queue errors say what the device did")
  func queueErrors() {
    #expect(
      text(of: QueueError.broken(.usedIndex(found: 9, outstanding: 2)))
        == "the device broke the queue: used index 9 with 2 buffers outstanding")
    #expect(
      text(of: QueueError.broken(.usedElement(id: 77)))
        == "the device broke the queue: it gave back buffer 77, which it did not have")
    #expect(text(of: QueueError.full) != text(of: QueueError.inFlight))
  }

  @Test("a failed allocation says how much it was")
  func allocation() {
    let platform = TestPlatform()
    platform.failingAllocation = 0
    let error = failure {
      () throws(AllocationFailure) in try DMABuffer(byteCount: 4096, alignment: 1, from: platform)
    }
    let expected = "no memory for 4096 contiguous bytes"
    #expect(error.map { text(of: $0) } == expected)
    #expect(error.map { text(of: DeviceError.outOfMemory($0)) } == expected)
  }
}
