import ArgumentParser
import Foundation
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// `virtio-evidence soak`.
struct Soak: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows very many frames, and sees that nothing grows.",
    discussion:
      "On the model device with errors and resizes, and in QEMU from the kernel's Showcase.")

  @Option(help: "How many frames, half of them on split queues and half on packed ones.")
  var frames = 10_000_000

  @Option(help: "How many frames in QEMU; 0 for none.")
  var machineFrames = 100_000

  @Option(help: "What chance starts from.")
  var seed: UInt64 = 1

  func run() async throws {
    if machineFrames > 0 { try await runMachine() }
    for ring in SoakRun.Ring.allCases {
      var run = SoakRun(ring, seed: seed)
      let start = Date()
      try run.show(frames / SoakRun.Ring.allCases.count)
      print("\(ring.rawValue): \(run.summary), \(Int(Date().timeIntervalSince(start))) s")
    }
  }

  private func runMachine() async throws {
    let checkout = try Checkout(around: FileManager.default.currentDirectoryPath)
    try await ImageBuilder(checkout).build("Showcase")
    let start = Date()
    let run = EnduranceRun(image: checkout.product("Showcase"), frameCount: machineFrames)
    let report = try await run.run()
    print("QEMU: \(report.summary), \(Int(Date().timeIntervalSince(start))) s")
  }
}
