import ArgumentParser
import Foundation
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// `virtio-evidence soak`.
struct Soak: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows very many frames on the model device, and sees that nothing grows.")

  @Option(help: "How many frames, half of them on split queues and half on packed ones.")
  var frames = 10_000_000

  @Option(help: "What chance starts from.")
  var seed: UInt64 = 1

  func run() throws {
    for ring in SoakRun.Ring.allCases {
      var run = SoakRun(ring, seed: seed)
      let start = Date()
      try run.show(frames / SoakRun.Ring.allCases.count)
      print("\(ring.rawValue): \(run.summary), \(Int(Date().timeIntervalSince(start))) s")
    }
  }
}
