import Testing
import VirtIO
import VirtIOTestDoubles

@Suite("The device configuration")
struct ConfigurationTests {
  private let platform = TestPlatform()
  private let transport: FakeTransport

  init() {
    transport = FakeTransport(on: platform)
    transport.configuration = [0x11, 0x22, 0x33, 0x44]
  }

  private func negotiate() throws(DeviceError) -> NegotiatedDevice<FakeTransport> {
    let device = try AcknowledgedDevice(
      resetting: transport, on: platform, waiting: .polling(.milliseconds(1))
    ).negotiate(requiring: []) { _ in [] }
    transport.journal.clear()
    return device
  }

  private func readTwo() throws(DeviceError) -> (UInt32, UInt32) {
    try negotiate().readConfiguration {
      ($0.readConfiguration32(at: 0), $0.readConfiguration32(at: 12))
    }
  }

  @Test("CFG-3: fields are read between two looks at the generation")
  func bracketed() throws {
    let (one, two) = try readTwo()
    #expect(one == 0x11 && two == 0x44)
    #expect(
      transport.journal.events
        == [.readGeneration, .readConfiguration(0), .readConfiguration(12), .readGeneration])
  }

  @Test("H25, CFG-2: fields that change meanwhile are all read again")
  func changing() throws {
    // 5 | 6 6 | 7 | 7: the third attempt is the first with the same generation around it.
    let transport = transport
    transport.generation = { count in [5, 6, 7][min(count, 2)] }
    transport.configuration[0] = 0x100
    var attempts = 0
    let values = try negotiate().readConfiguration { source in
      attempts += 1
      let first = source.readConfiguration32(at: 0)
      transport.configuration[0] += 1
      return first
    }
    #expect(attempts == 3 && values == 0x102)
    #expect(transport.journal.events.count { $0 == .readGeneration } == 4)
  }

  @Test("H24: a configuration that never settles is given up")
  func neverSettles() {
    transport.generation = { UInt32($0) }
    let error = failure { () throws(DeviceError) in try readTwo() }
    #expect(error == .configurationUnstable)
    #expect(transport.journal.events.count { $0 == .readConfiguration(0) } == 64)
  }

  @Test("a configuration that settles at the last attempt is taken")
  func lastAttempt() throws {
    transport.generation = { UInt32(min($0, 63)) }
    let (one, two) = try readTwo()
    #expect(one == 0x11 && two == 0x44)
  }

  @Test("a live device reads and writes its configuration")
  func live() throws {
    let live = try negotiate().start()
    transport.journal.clear()
    live.writeConfiguration32(0x99, at: 4)
    #expect(try live.readConfiguration { $0.readConfiguration32(at: 4) } == 0x99)
    #expect(
      transport.journal.events
        == [.writeConfiguration(4, 0x99), .readGeneration, .readConfiguration(4), .readGeneration])
    transport.generation = { UInt32($0) }
    #expect(throws: DeviceError.configurationUnstable) {
      try live.readConfiguration { $0.readConfiguration32(at: 4) }
    }
  }
}
