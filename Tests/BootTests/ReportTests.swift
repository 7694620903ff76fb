import Testing
import VirtIOTesting

/// The row that tells on which computer images were tried.
@Suite struct ReportTests {
  @Test("a distribution, a processor and a compiler are told by their names")
  func facts() {
    let release = "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"
    #expect(HostFacts.releaseName(release) == "Debian GNU/Linux 12 (bookworm)")
    #expect(HostFacts.releaseName("NAME=x\nPRETTY_NAME=\n") == nil)
    let list =
      "processor\t: 0\nmodel\t\t: 85\nmodel name\t: Some(R)  CPU @ 2 GHz\nmodel name\t: B\n"
    #expect(HostFacts.modelName(list) == "Some(R) CPU @ 2 GHz")
    #expect(
      HostFacts.modelName("Architecture: aarch64\nModel name:    Cortex-A76\n") == "Cortex-A76")
    #expect(HostFacts.modelName("Model name:  -\n") == nil && HostFacts.modelName("") == nil)
    let swift = "Swift version 6.3.1 (swift-6.3.1-RELEASE)\nTarget: aarch64-unknown-linux-gnu"
    #expect(HostFacts.swiftVersion(swift) == "6.3.1" && HostFacts.swiftVersion("no") == nil)
  }

  @Test("a row has a cell for each column, whatever the cells hold, and tells failures")
  func row() {
    var report = HostReport(
      host: HostFacts(system: "macOS 15.5", processor: "arm64, M2 | Pro", swift: "6.3.1"),
      accelerator: .hvf, version: "10.0.0", display: "cocoa", date: "2026-01-31")
    report.results = [("TestCard", .exact), ("Console", .shown)]
    #expect(
      report.row
        == "| macOS 15.5, arm64, M2 \\| Pro | HVF | 10.0.0 | cocoa | TestCard pass, "
        + "Console pass (unjudged picture) | 6.3.1 | 2026-01-31 |")
    #expect(report.isPass)
    report.results.append(("Showcase", .failed("PANIC: no\nGPU")))
    #expect(!report.isPass && report.row.contains("Showcase **fail**: PANIC: no GPU |"))
    let columns = HostReport.head.split(separator: "\n").map { $0.split(separator: "|").count }
    #expect(columns == [7, 7])
  }

  private static func run(_ image: String, _ judge: ReportRun.Judge?) throws -> ReportRun {
    var machine = MachineConfiguration(image: try Repository.image(image))
    machine.gpus = ["virtio-gpu-pci,xres=64,yres=48"]
    return ReportRun(machine, judge: judge)
  }

  @Test("an image whose picture is right passes, without a window")
  func pass() async throws {
    let run = try Self.run("TestCard") {
      TestCardPicture.difference($0, scanout: 0, width: 64, height: 48) == nil
    }
    let (result, display) = try await MachineSlots.shared.run { await run.run() }
    #expect(result == .exact && display == "none")
  }

  @Test("a wrong picture fails, and so does an image that says why it cannot go on")
  func failures() async throws {
    var wrong = try Self.run("TestCard") { _ in false }
    wrong.patience = .seconds(1)
    let picture = try await MachineSlots.shared.run { [wrong] in await wrong.run() }
    #expect(picture.result == .failed("its picture is wrong"))
    var none = try Self.run("TestCard", nil)
    none.configuration.gpus = []
    let panic = try await MachineSlots.shared.run { [none] in await none.run() }
    guard case .failed(let reason) = panic.result else {
      Issue.record("\(panic.result)")
      return
    }
    #expect(reason.hasPrefix("PANIC: ") && reason.contains("no GPU"))
    none.configuration.gpus = ["no-such-device"]
    let refused = try await MachineSlots.shared.run { [none] in await none.run() }
    #expect(refused.display == nil && !refused.result.isPass)
  }
}
