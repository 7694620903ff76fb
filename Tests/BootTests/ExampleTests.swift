import Foundation
import Testing
import VirtIOGraphics
import VirtIOTesting

/// The examples, as packages of their own.
@Suite struct ExampleTests {
  @Test("a new package builds, boots, and shows HelloPixels' picture pixel for pixel")
  func newPackage() async throws {
    let checkout = try Repository.checkout()
    let folder = try TemporaryFolder()
    let new = try NewPackage("hello", using: checkout)
    let package = try await ImagePackage(at: try new.write(in: folder.path))
    #expect(package.name == "hello")
    try await Example.build(package)
    for form in ImageForm.allCases {
      var machine = MachineConfiguration(image: package.product(form))
      machine.gpus = ["virtio-gpu-pci,xres=640,yres=480"]
      try await MachineSlots.shared.run(machine) { machine in
        try await machine.waitUntilReady()
        let picture = try await machine.picture()
        #expect(picture.isSame(as: Self.helloPixels(width: 640, height: 480)))
        #expect(picture[0, 0] == .init(red: 0x10, green: 0x20, blue: 0x40))
        #expect(picture[32, 32] == .init(red: 0xF0, green: 0x51, blue: 0x38))
        #expect(machine.serial.lines.map(\.text) == ["HELLO READY"])
        try await Example.keepPicture(of: machine, as: "HelloPixels")
        #expect(machine.guestErrors() == [])
      }
    }
  }

  /// What HelloPixels draws.
  private static func helloPixels(width: Int, height: Int) -> Picture? {
    Picture(width: width, height: height) { canvas in
      canvas.fill(Color(rgb: 0x10_2040))
      canvas.fill(Rectangle(x: 32, y: 32, width: 400, height: 96), with: Color(rgb: 0xF0_5138))
      canvas.draw("Hello, pixels!", x: 64, y: 64, scale: 4, color: .white)
    }
  }

  @Test("a new package's files say how to boot it, and where swift-virtio lies")
  func newPackageFiles() throws {
    let checkout = try Repository.checkout()
    let folder = try TemporaryFolder()
    let new = try NewPackage("my_picture2", using: checkout)
    let path = try new.write(in: folder.path)
    let readme = try String(contentsOfFile: "\(path)/README.md", encoding: .utf8)
    #expect(readme.contains("\n\(new.command)\n"))
    #expect(new.command.contains("--package-path \(checkout.root) virtio-vm boot ."))
    let manifest = try String(contentsOfFile: "\(path)/Package.swift", encoding: .utf8)
    #expect(manifest.contains("let checkout = \"\(checkout.root)\""))
    #expect(manifest.components(separatedBy: "\"my_picture2\"").count == 3)
    #expect(!manifest.contains("HelloPixels") && !manifest.contains("\"../..\""))
    #expect(throws: NewPackage.Failure.taken(path)) { try new.write(in: folder.path) }
  }

  @Test(
    "a package is not called what the package manager or Swift could not do with",
    arguments: ["", "2d", "a b", "a/b", "..", "-x", "é", "a\"", "_a"])
  func invalidNames(_ name: String) throws {
    let checkout = try Repository.checkout()
    #expect(throws: NewPackage.Failure.invalidName(name)) {
      try NewPackage(name, using: checkout)
    }
  }

  @Test(
    "a package is not called like a module that it needs, or a word of Swift's",
    arguments: ["VirtIO", "virtiogpu", "VirtBoard", "Swift", "class", "main"])
  func reservedNames(_ name: String) throws {
    let checkout = try Repository.checkout()
    #expect(throws: NewPackage.Failure.reservedName(name)) {
      try NewPackage(name, using: checkout)
    }
  }

  @Test("an image is meant by its name, its file, or its package's folder")
  func namesOfImages() throws {
    let checkout = try Repository.checkout()
    let root = checkout.root
    func source(_ name: String, in folder: String = root) throws -> ImageSource {
      try ImageSource(name, in: folder, checkout: checkout)
    }
    #expect(try source("TestCard") == .image("TestCard"))
    #expect(try source("Examples/HelloPixels") == .package("\(root)/Examples/HelloPixels"))
    #expect(try source("HelloPixels") == .package("\(root)/Examples/HelloPixels"))
    #expect(try source(".", in: "\(root)/Kernel") == .package("\(root)/Kernel/."))
    #expect(try source("Kernel") == .package("\(root)/Kernel"))
    let folder = try TemporaryFolder()
    #expect(FileManager.default.createFile(atPath: folder.file("a.elf"), contents: nil))
    #expect(try source(folder.file("a.elf")) == .file(folder.file("a.elf")))
  }

  @Test("a name that means nothing is told with what there is")
  func namesOfNothing() throws {
    let checkout = try Repository.checkout()
    func error(_ name: String) -> String {
      do {
        return "\(try ImageSource(name, in: checkout.root, checkout: checkout))"
      } catch {
        return "\(error)"
      }
    }
    let examples =
      "The examples are \(checkout.examples.map { "Examples/\($0)" }.joined(separator: ", "))."
    #expect(examples.contains("Examples/HelloPixels"))
    #expect(
      error("Examples/None") == "There is no file or folder 'Examples/None'. \(examples)")
    #expect(error("none.elf") == "There is no file or folder 'none.elf'. \(examples)")
    #expect(
      error("Kernel/Images") == "The folder 'Kernel/Images' holds no Package.swift; "
        + "'virtio-vm new NAME' makes a package that boots.")
    let unknown = error("Nothing")
    #expect(unknown.hasPrefix("There is no image 'Nothing', and no folder of that name"))
    #expect(unknown.contains("TestCard") && unknown.hasSuffix(examples))
  }

  @Test("a name that is nearly one is answered with that one")
  func nearNames() throws {
    let names = ["Bench", "Console", "SelfTest", "Showcase", "TestCard"]
    for (typed, meant) in [
      ("TestCrad", "TestCard"), ("showcase", "Showcase"), ("Kontsole", "Console"),
      ("Konsole", "Console"),
      ("Show", "Showcase"), ("Sh", nil), ("Beunch", "Bench"), ("TestCards", "TestCard"), ("", nil),
      ("Nothing", nil), ("test", "TestCard"), ("Bnch", "Bench"), ("zzzzz", nil),
    ] {
      #expect(NearestName.of(typed, in: names) == meant, "\(typed)")
    }
    #expect(NearestName.of("Bench", in: []) == nil)
    let missing = ImageSource.Failure.missing("Examples/HeloPixels", examples: ["HelloPixels"])
    #expect("\(missing)".contains("'Examples/HeloPixels'. Did you mean 'Examples/HelloPixels'?"))
    let unknown = ImageSource.Failure.unknown("Bnech", images: names, examples: ["HelloPixels"])
    #expect("\(unknown)".contains("that is a package. Did you mean 'Bench'? The images are"))
    let image = ImageBuilder.Failure.unknownImage("Bnech", known: names)
    #expect("\(image)".hasPrefix("There is no image 'Bnech'. Did you mean 'Bench'? Choose one of"))
  }

  @Test("a folder whose package is no image says why")
  func packagesThatAreNoImage() async throws {
    let folder = try TemporaryFolder()
    let manifest = URL(fileURLWithPath: folder.file("Package.swift"))
    let start = "// swift-tools-version: 6.2\nimport PackageDescription\n"
    func error(_ text: String) async throws -> String {
      try Data((start + text).utf8).write(to: manifest)
      do {
        return "\(try await ImagePackage(at: folder.path).name)"
      } catch {
        return "\(error)"
      }
    }
    let none = try await error(
      "let package = Package(name: \"x\", targets: [.target(name: \"A\")])")
    #expect(none.contains("has no executable to boot"))
    let two = try await error(
      """
      let package = Package(
        name: "x", targets: [.executableTarget(name: "A"), .executableTarget(name: "B")])
      """)
    #expect(two.contains("has several executables: A, B"))
    let broken = try await error("let package = Nothing()")
    #expect(broken.contains("Package.swift cannot be read: ") && broken.contains("Nothing"))
  }
}
