import Testing

@testable import KernelAArch64

@Suite("Backtraces")
struct BacktraceTests {
  /// What a word of the stacks holds.
  enum Word: Sendable {
    /// The address so many bytes into the stacks.
    case place(Int)
    /// A number.
    case value(UInt64)
  }

  /// The calls that a chain names, in three stacks of 512 bytes each with 512 between them that must not
  /// be read.
  ///
  /// - Parameter words: What is not 0, by the place in bytes.
  private static func calls(from record: Word, _ words: [Int: Word]) -> [UInt64] {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 2560, alignment: 16)
    defer { unsafe memory.deallocate() }
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0)
    let base = UInt64(UInt(bitPattern: memory.baseAddress))
    func number(_ word: Word) -> UInt64 {
      switch word {
      case .place(let offset): base &+ UInt64(bitPattern: Int64(offset))
      case .value(let value): value
      }
    }
    for (offset, word) in words {
      unsafe memory.storeBytes(of: number(word), toByteOffset: offset, as: UInt64.self)
    }
    var trace = Backtrace(
      from: number(record), code: 0x4020_0000..<0x4021_0000,
      stacks: [base..<base + 512, base + 1024..<base + 1536, base + 2048..<base + 2560])
    var calls: [UInt64] = []
    while let call = trace.next() { calls.append(call) }
    return calls
  }

  @Test("calls are named from the innermost out, across stacks")
  func chain() {
    let calls = Self.calls(
      from: .place(2080),
      [
        2080: .place(1040), 2088: .value(0x4020_0104),
        1040: .place(80), 1048: .value(0x4020_0204),
        80: .place(496), 88: .value(0x4020_0304),
        496: .value(0), 504: .value(0x4020_0404),
      ])
    #expect(calls == [0x4020_0100, 0x4020_0200, 0x4020_0300, 0x4020_0400])
  }

  @Test(
    "a chain that makes no sense ends quietly",
    arguments: [
      .place(16), .place(0), .place(-8), .place(20), .place(504), .place(512), .place(516),
      .place(2560), .value(0), .value(1), .value(.max), .value(.max - 7),
    ] as [Word])
  func nonsense(outer: Word) {
    // The first record is sound; where it leads is not. What is there would do for a return address.
    var words: [Int: Word] = [:]
    for offset in stride(from: 0, to: 2560, by: 8) { words[offset] = .value(0x4020_0104) }
    words[16] = outer
    #expect(Self.calls(from: .place(16), words) == [0x4020_0100])
  }

  @Test(
    "an address that is not in the code ends the chain",
    arguments: [0, 3, 4, 0x401f_fffc, 0x4020_0000, 0x4020_0106, 0x4021_0004, .max] as [UInt64])
  func notCode(returnAddress: UInt64) {
    #expect(Self.calls(from: .place(0), [8: .value(returnAddress)]) == [])
  }

  @Test("two stacks that lead to each other end after 32 calls")
  func loop() {
    let calls = Self.calls(
      from: .place(0),
      [
        0: .place(1024), 8: .value(0x4020_0104), 1024: .place(0), 1032: .value(0x4020_0204),
      ])
    #expect(calls.count == 32)
  }

  @Test(
    "a record must lie in a stack, whole",
    arguments: [.place(504), .place(512), .place(4), .place(-16), .value(.max)] as [Word])
  func outside(record: Word) {
    var words: [Int: Word] = [:]
    for offset in stride(from: 0, to: 2560, by: 8) { words[offset] = .value(0x4020_0104) }
    #expect(Self.calls(from: record, words) == [])
  }
}
