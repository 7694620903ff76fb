import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("LendingBuffer")
struct LendingBufferTests {
  private let platform = TestPlatform()

  @Test("each slot is lent to one at a time, and comes back when the loan is dropped")
  func lending() throws {
    var buffer = try LendingBuffer(slotByteCount: 64, slotCount: 2, note: 0, from: platform)
    do {
      let first = try required(buffer.lend(0))
      #expect(first.byteCount == 64)
      #expect(lent(buffer) == [true, false])
      let hasAgain = !isNothing(buffer.lend(0))
      #expect(!hasAgain)
      let second = try required(buffer.lend(1))
      #expect(lent(buffer) == [true, true])
      _ = consume second
      #expect(lent(buffer) == [true, false])
      _ = consume first
    }
    #expect(lent(buffer) == [false, false])
    let hasLater = !isNothing(buffer.lend(0))
    #expect(hasLater)
    buffer.free(to: platform)
    #expect(platform.isBalanced)
  }

  @Test("slots that do not exist are not lent", arguments: [-1, 2, Int.min, Int.max])
  func noSuchSlot(_ slot: Int) throws {
    var buffer = try LendingBuffer(slotByteCount: 64, slotCount: 2, note: 0, from: platform)
    let isRefused = isNothing(buffer.lend(slot))
    let isLent = buffer.isLent(slot)
    #expect(isRefused && !isLent)
  }

  @Test("a slot is its own part of what the device sees")
  func words() throws {
    var buffer = try LendingBuffer(slotByteCount: 16, slotCount: 3, note: 0, from: platform)
    #expect(buffer.byteCount == 48 && buffer.deviceAddress.rawValue % 4096 == 0)
    var loan = try required(buffer.lend(1))
    var words = loan.words
    #expect(words.count == 4)
    for index in words.indices { words[index] = UInt32(index + 1).littleEndian }
    let view = try #require(platform.memory.view(at: buffer.deviceAddress, byteCount: 48))
    let found = (0..<12).map { view.load(UInt32.self, at: 4 * $0) }
    #expect(found == [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 0])
  }

  @Test("the device is never told of the ledger")
  func ledger() throws {
    var buffer = try LendingBuffer(slotByteCount: 16, slotCount: 3, note: 0, from: platform)
    let loan = try required(buffer.lend(2))
    // Whatever it writes to its memory, a lent slot stays lent.
    platform.memory.view(at: buffer.deviceAddress, byteCount: 48)?.fill(0)
    #expect(lent(buffer) == [false, false, true])
    platform.memory.view(at: buffer.deviceAddress, byteCount: 48)?.fill(0xff)
    #expect(lent(buffer) == [false, false, true])
    _ = consume loan
    #expect(lent(buffer) == [false, false, false])
  }

  @Test("memory that is freed while a slot is lent is left to the loan")
  func freedWhileLent() throws {
    var buffer = try LendingBuffer(slotByteCount: 64, slotCount: 2, note: 0, from: platform)
    var loan = try required(buffer.lend(1))
    buffer.free(to: platform)
    #expect(platform.memory.liveCount == 2 && platform.wrongFreeCount == 0)
    var words = loan.words
    words[0] = 7
    #expect(words[0] == 7)
  }

  @Test("an allocation that fails leaves nothing behind", arguments: [0, 1])
  func allocationFailure(_ index: Int) {
    platform.failingAllocation = index
    let error = failure {
      () throws(AllocationFailure) in
      try LendingBuffer(slotByteCount: 64, slotCount: 2, note: 0, from: platform)
    }
    #expect(error?.byteCount == (index == 0 ? 64 : 128))
    #expect(platform.isBalanced && platform.allocationCount == index + 1)
  }

  @Test(
    "sizes that have no number, or are nothing, are refused before anything is allocated",
    arguments: [(Int.max, 2), (Int.max / 2 + 1, 2), (0, 4), (64, 0), (-64, 2), (64, -2)])
  func badSizes(slotByteCount: Int, slotCount: Int) {
    let error = failure {
      () throws(AllocationFailure) in
      try LendingBuffer(slotByteCount: slotByteCount, slotCount: slotCount, note: 0, from: platform)
    }
    #expect(error?.byteCount == slotByteCount && platform.allocationCount == 0)
  }

  @Test("two negative sizes are refused too")
  func negativeSizes() {
    let error = failure {
      () throws(AllocationFailure) in
      try LendingBuffer(slotByteCount: -64, slotCount: -2, note: 0, from: platform)
    }
    #expect(error != nil && platform.wrongRequestCount == 0)
  }

  @Test("a ledger whose length has no number is refused")
  func hugeLedger() {
    let error = failure {
      () throws(AllocationFailure) in
      try LendingBuffer(slotByteCount: 1, slotCount: .max, note: 0, from: platform)
    }
    #expect(error != nil && platform.wrongRequestCount == 0)
  }

  @Test("a note goes along with the loan, and a loan is known by its buffer and slot")
  func notes() throws {
    var buffer = try LendingBuffer(slotByteCount: 64, slotCount: 3, note: 7, from: platform)
    var other = try LendingBuffer(slotByteCount: 64, slotCount: 3, note: 0, from: platform)
    let first = buffer[noteOf: 0]
    buffer[noteOf: 2] += 4
    #expect(first == 7)
    let loan = try required(buffer.lend(2))
    let foreign = try required(other.lend(2))
    let note = loan.note
    let slots = [buffer.slot(of: loan), buffer.slot(of: foreign), other.slot(of: foreign)]
    #expect(note == 11 && slots == [2, nil, 2])
  }

  private func lent(_ buffer: borrowing LendingBuffer<JournaledRegion, Int>) -> [Bool] {
    var result: [Bool] = []
    for slot in 0..<buffer.slotCount { result.append(buffer.isLent(slot)) }
    return result
  }
}
