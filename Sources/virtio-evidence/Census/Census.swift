import ArgumentParser
import Foundation
import VirtIOTesting

/// `virtio-evidence census`: what can be said of the driver's text without running it.
struct Census: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Looks in the images for traps and missing barriers, and in the sources for loops of no known end."
  )

  @Option(help: "An image to look at; may be given several times.")
  var image = ["TestCard", "Interrupts", "Showcase", "Bench"]

  /// The modules that judge what a device or firmware says.
  static let modules = [
    "VirtIO", "VirtIOPCI", "VirtIOMMIO", "VirtIOGPU", "VirtIORandom", "VirtIOInput",
    "KernelDeviceTree", "KernelInterrupts",
  ]

  func run() async throws {
    let checkout = try Checkout(around: FileManager.default.currentDirectoryPath)
    let root = URL(fileURLWithPath: checkout.root)
    let barriers = try BarrierSite.all(in: root)
    var faults: [String] = []
    var seen: Set<String> = []
    for name in image {
      let text = try await Disassembly(of: ImageBuilder(checkout).buildDescribed(name))
      let traps = Trap.all(in: text, of: Self.modules)
      for trap in traps { print("\(name): \(trap)") }
      print("\(name): \(traps.count) traps in \(text.instructions.count) instructions")
      faults += traps.map(\.description)
      for site in barriers {
        let copies = site.copies(in: text)
        if !copies.isEmpty { seen.insert(site.id) }
        faults += copies.compactMap(\.fault)
        copies.compactMap(\.fault).forEach { print("\(name): \($0)") }
      }
    }
    let unseen = barriers.filter { !seen.contains($0.id) }.map(\.id)
    if !unseen.isEmpty {
      faults.append("no image has \(unseen.joined(separator: ", "))")
      print(faults.last ?? "")
    }
    print("barriers: \(seen.count) of \(barriers.count) sites have theirs in every copy")
    let loops = try LoopBounds(in: root)
    loops.faults.forEach { print($0) }
    print("loops: \(loops.boundCount) of \(loops.count) have a bound")
    faults += loops.faults
    if !faults.isEmpty { throw Failure(faults: faults) }
  }

  struct Failure: Error, CustomStringConvertible {
    let faults: [String]
    var description: String { "The census has \(faults.count) complaints, of which see above." }
  }
}
