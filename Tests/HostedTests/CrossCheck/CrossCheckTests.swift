import Foundation
import Testing
import VirtIO
import VirtIOPCI
import VirtIOTesting

/// The model held against QEMU's real device, so that it is not only our own opinion.
///
/// The same steps are done to both. Where they part, the case says how, and why the model stays as
/// it is.
@Suite struct CrossCheckTests {
  @Test("registers do on the model what they do on QEMU's device") func registers() async throws {
    try await Self.check(CrossRegisterCases.all + CrossConfigurationCases.all)
  }

  @Test("queues do on the model what they do on QEMU's device") func queues() async throws {
    try await Self.check(CrossQueueCases.all + CrossNotificationCases.all)
  }

  @Test("commands are answered by the model as by QEMU's device") func commands() async throws {
    try await Self.check(CrossCommandCases.all + CrossResourceCases.all)
  }

  @Test("every rule of the model is shown by QEMU, or it is said why not") func everyRule() {
    let cases =
      CrossRegisterCases.all + CrossConfigurationCases.all + CrossQueueCases.all
      + CrossNotificationCases.all + CrossCommandCases.all + CrossResourceCases.all
    let shown = cases.reduce(into: Set<ModelRule>()) { $0.formUnion($1.rules) }
    for rule in ModelRule.allCases {
      let isSilent = CrossSilence.of[rule] != nil
      #expect(shown.contains(rule) != isSilent, "Say of \(rule.rawValue) either, and not both.")
    }
    #expect(Set(cases.map(\.name)).count == cases.count)
  }

  // MARK: Both machines

  private static func check(_ cases: [CrossCase]) async throws {
    var configuration = HostedMachine.configuration(width: 64, height: 48)
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let client = try await machine.qemu.connectVNC(head: 0)
      let function = try machine.function(ofType: 16)
      let driver = CrossDriver(
        function, on: machine.platform,
        isSoon: { condition in
          let deadline = ContinuousClock.now + .seconds(2)
          while !condition() {
            guard ContinuousClock.now < deadline, machine.failure == nil else { return false }
            usleep(100)
          }
          return true
        },
        resize: { width, height in
          try machine.wait {
            try await client.setDesktopSize(width: UInt16(width), height: UInt16(height))
          }
        })
      for item in cases {
        driver.begin()
        try item.steps(driver)
        if let failure = machine.failure { throw failure }
        let seen = driver.end()
        #expect(seen == item.qemu, "QEMU: \(item.name)")
        let model = try Self.onModel(item)
        #expect(model.seen == item.model, "The model: \(item.name)")
        #expect(model.rules == item.rules, "The model: \(item.name)")
      }
    }
  }

  /// The machine that the model is when it is set up like QEMU's.
  private static var twin: ModelConfiguration {
    var configuration = ModelConfiguration()
    // What QEMU offers: EDID, indirect descriptors, event index, VERSION_1, ring reset.
    configuration.offeredFeatures = 0x101_3000_0002
    configuration.outputs = [.init(width: 64, height: 48)]
    configuration.edid = Array(repeating: 0, count: 1024)
    return configuration
  }

  private static func onModel(_ item: CrossCase) throws -> (seen: [String], rules: Set<ModelRule>) {
    let machine = ModelMachine(twin)
    let bridge = try #require(machine.makeHostBridge())
    _ = bridge.configure()
    let function = try #require(
      bridge.function(at: PCIAddress(bus: 0, device: 1, function: 0)))
    let driver = CrossDriver(
      function, on: machine.platform,
      // The model has done all that it will do when an access returns.
      isSoon: { condition in condition() || condition() },
      resize: { width, height in
        machine.setOutput(0, to: .init(width: UInt32(width), height: UInt32(height)))
      })
    driver.begin()
    machine.clearViolations()
    try item.steps(driver)
    return (driver.notes, Set(machine.violations.map(\.rule)))
  }
}
