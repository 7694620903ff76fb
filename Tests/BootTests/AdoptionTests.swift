import Foundation
import Testing
import VirtIOGraphics
import VirtIOTesting

/// swift-virtio in packages of others.
@Suite struct AdoptionTests {
  @Test("a kernel of its own takes a version by its URL and shows its picture by interrupts")
  func ownKernel() async throws {
    let folder = try TemporaryFolder()
    let package = try await Self.copyKernel(into: folder)
    let readme = try String(contentsOfFile: "\(package)/README.md", encoding: .utf8)
    let command = try #require(
      readme.split(separator: "\n").first { $0.hasPrefix("swift build -c release") })
    // A picture needs no description of where each instruction comes from.
    let arguments =
      command.split(separator: " ").dropFirst().map(String.init) + ["-debug-info-format", "none"]
    let build = try await Command("swift", arguments, in: package).collect()
    #expect(build.succeeded, "\(build.errorText)\(build.text)")

    var machine = MachineConfiguration(
      image: "\(package)/.build/aarch64-none-none-elf/release/Kernel")
    machine.gpus = ["virtio-gpu-pci,xres=640,yres=480"]
    machine.traceEvents = ["gic_acknowledge_irq"]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      let picture = try await machine.picture()
      #expect(picture.isSame(as: Self.picture(width: 640, height: 480)))
      #expect(picture[32, 32] == .init(red: 0x2A, green: 0x7F, blue: 0x62))
      #expect(machine.serial.lines.map(\.text) == ["KERNEL READY"])
      #expect(machine.guestErrors() == [])
      #expect(machine.log().contains { $0.hasSuffix("acknowledged irq 80") })
      try await Example.keepPicture(of: machine, as: "BringYourOwnKernel")
    }
  }

  /// The host's modules are the dearer half, and the same source: they are built in `make check`.
  @Test(
    "a kernel of its own is compiled for the computer that it is written on too",
    .enabled(if: ProcessInfo.processInfo.environment["SWEEP"] == "all"))
  func ownKernelOnHost() async throws {
    let folder = try TemporaryFolder()
    let package = try await Self.copyKernel(into: folder)
    let build = try await Command("swift", ["build"], in: package).collect()
    #expect(build.succeeded, "\(build.errorText)\(build.text)")
  }

  @Test("the example needs four products, no alias, and no more than forty lines to adapt")
  func manifest() throws {
    let manifest = try Repository.text("Examples/BringYourOwnKernel/Package.swift")
    #expect(!manifest.contains("moduleAliases") && !manifest.contains("unsafeFlags"))
    #expect(manifest.matches(of: /\.product\(/).count == 4)
    for module in ["MMIO", "PCI", "Memory", "Interrupts"] {
      #expect(manifest.contains(".target(name: \"\(module)\""))
    }
    let adapter = try Repository.text("Examples/BringYourOwnKernel/Sources/Kernel/Platform.swift")
    let lines = adapter.split(separator: "\n").filter {
      !$0.hasPrefix("import") && !$0.contains("///")
    }
    #expect(lines.count <= 40)
  }

  @Test("each product brings what it is made of, and no more")
  func products() async throws {
    // Whoever runs this test may have locked the folder that the package manager would take.
    let scratch = try TemporaryFolder()
    let output = try await Command(
      "swift", ["package", "--scratch-path", scratch.path, "dump-package"],
      in: Repository.checkout().root
    ).collect()
    let manifest = try JSONDecoder().decode(JSONValue.self, from: Data(output.text.utf8))
    let dependencies = Self.dependencies(in: manifest)
    var brought: [String: Set<String>] = [:]
    for product in Self.array(manifest["products"]) {
      guard let name = product["name"]?.string else { continue }
      var targets: Set<String> = []
      var open = Self.array(product["targets"]).compactMap(\.string)
      while let target = open.popLast() {
        if targets.insert(target).inserted { open += dependencies[target] ?? [] }
      }
      brought[name] = targets
    }
    #expect(brought["VirtIO"] == ["VirtIO", "CVirtIO"])
    #expect(brought["VirtIOPCI"] == ["VirtIOPCI", "VirtIO", "CVirtIO"])
    #expect(brought["VirtIOMMIO"] == ["VirtIOMMIO", "VirtIO", "CVirtIO"])
    #expect(brought["VirtIOGraphics"] == ["VirtIOGraphics"])
    #expect(brought["VirtIOGPU"] == ["VirtIOGPU", "VirtIOGraphics", "VirtIO", "CVirtIO"])
    #expect(brought["VirtIOInput"] == ["VirtIOInput", "VirtIO", "CVirtIO"])
    #expect(brought["VirtIORandom"] == ["VirtIORandom", "VirtIO", "CVirtIO"])
  }

  /// What each target of a manifest depends on, by name; a product of another package is named too.
  private static func dependencies(in manifest: JSONValue) -> [String: [String]] {
    var dependencies: [String: [String]] = [:]
    for target in array(manifest["targets"]) {
      guard let name = target["name"]?.string else { continue }
      dependencies[name] = array(target["dependencies"]).map { dependency in
        let reference = dependency["byName"] ?? dependency["product"] ?? dependency["target"]
        return array(reference).first?.string ?? "unknown"
      }
    }
    return dependencies
  }

  private static func array(_ value: JSONValue?) -> [JSONValue] {
    guard case .array(let elements) = value else { return [] }
    return elements
  }

  /// Copies the example out of this repository, and has it find the driver by its URL.
  private static func copyKernel(into folder: TemporaryFolder) async throws -> String {
    let checkout = try Repository.checkout()
    let driver = try await TaggedPackage(of: checkout, version: "0.1.0", in: folder.path)
    let package = folder.file("Kernel")
    let example = checkout.example("BringYourOwnKernel")
    try FileManager.default.createDirectory(atPath: package, withIntermediateDirectories: true)
    for file in ["Package.swift", "README.md", "toolset.json", "Sources"] {
      try FileManager.default.copyItem(
        atPath: "\(example)/\(file)", toPath: "\(package)/\(file)")
    }
    try await driver.mirror("https://example.com/swift-virtio", for: package)
    return package
  }

  /// What the kernel draws.
  private static func picture(width: Int, height: Int) -> Picture? {
    Picture(width: width, height: height) { canvas in
      canvas.fill(Color(rgb: 0x20_2830))
      canvas.fill(Rectangle(x: 32, y: 32, width: 416, height: 96), with: Color(rgb: 0x2A_7F62))
      canvas.draw("My own kernel", x: 64, y: 64, scale: 4, color: .white)
    }
  }
}
