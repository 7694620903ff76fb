import Testing
import VirtIOTesting

/// The model held against QEMU's real device, so that it is not only our own opinion.
///
/// The same steps are done to both. Where they part, the case says how, and why the model stays as
/// it is.
@Suite struct CrossCheckTests {
  @Test("registers do on the model what they do on QEMU's device") func registers() async throws {
    try await Self.check(
      CrossRegisterCases.all + CrossHandshakeCases.all + CrossConfigurationCases.all)
  }

  @Test("queues do on the model what they do on QEMU's device") func queues() async throws {
    try await Self.check(CrossQueueCases.all + CrossTableCases.all + CrossNotificationCases.all)
  }

  @Test("commands are answered by the model as by QEMU's device") func commands() async throws {
    try await Self.check(CrossCommandCases.all + CrossResourceCases.all)
  }

  @Test("packed queues do on the model what they do on QEMU's device") func packed() async throws {
    try await Self.check(CrossPackedCases.all + CrossPackedDriverCases.all, on: .packed)
  }

  @Test("the reset of a queue does on the model what it does on QEMU's device")
  func queueReset() async throws {
    try await Self.check(CrossQueueResetCases.all)
  }

  @Test("registers in memory do on the model what they do on QEMU's device")
  func slot() async throws {
    try await Self.check(CrossSlotCases.all, on: .memory)
  }

  @Test("what is no device does on the model what it does on QEMU") func strangers() async throws {
    try await Self.check(CrossRefusalCases.legacy, on: .legacy)
    try await Self.check(CrossRefusalCases.empty, on: .empty)
    try await Self.check(CrossRefusalCases.translated, on: .translated)
  }

  @Test("every rule of the model is shown by QEMU, or it is said why not") func everyRule() {
    let cases = [
      CrossRegisterCases.all, CrossHandshakeCases.all, CrossConfigurationCases.all,
      CrossQueueCases.all,
      CrossTableCases.all, CrossNotificationCases.all, CrossCommandCases.all,
      CrossResourceCases.all,
      CrossPackedCases.all, CrossPackedDriverCases.all, CrossQueueResetCases.all,
      CrossSlotCases.all, CrossRefusalCases.legacy, CrossRefusalCases.empty,
      CrossRefusalCases.translated,
    ].flatMap(\.self)
    let shown = cases.reduce(into: Set<ModelRule>()) { $0.formUnion($1.rules) }
    for rule in ModelRule.allCases {
      let isSilent = CrossSilence.of[rule] != nil
      #expect(shown.contains(rule) != isSilent, "Say of \(rule.rawValue) either, and not both.")
    }
    #expect(Set(cases.map(\.name)).count == cases.count)
  }

  // MARK: Both machines

  private static func check(_ cases: [CrossCase], on kind: CrossMachine = .pci) async throws {
    try await HostedMachine.run(kind.configuration) { machine in
      let client = try await machine.qemu.connectVNC(head: 0)
      let driver = try kind.driver(
        on: machine,
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
        let model = try Self.onModel(item, kind)
        #expect(model.seen == item.model, "The model: \(item.name)")
        #expect(model.rules == item.rules, "The model: \(item.name)")
      }
    }
  }

  private static func onModel(
    _ item: CrossCase, _ kind: CrossMachine
  ) throws -> (seen: [String], rules: Set<ModelRule>) {
    let machine = ModelMachine(kind.twin)
    let driver = try kind.driver(on: machine)
    driver.begin()
    machine.clearViolations()
    try item.steps(driver)
    return (driver.notes, Set(machine.violations.map(\.rule)))
  }
}
