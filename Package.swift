// swift-tools-version: 6.2
import PackageDescription

/// The settings of every Swift target: nothing unsafe passes unmarked, no warning is let through.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

/// With FUZZER in the environment, the modules that the fuzzer is to reach tell it which way they went; `fast` is
/// without a sanitizer of addresses and what is compared, `replay` tells nothing.
let reached: [SwiftSetting] =
  switch Context.environment["FUZZER"] {
  case nil, "replay": []
  case "fast": [.unsafeFlags(["-sanitize=fuzzer", "-cross-module-optimization"])]
  default:
    [.unsafeFlags(["-sanitize-coverage=edge,inline-8bit-counters,pc-table,indirect-calls"])]
  }

/// What inputs are made into is no part of that, unless it has copies of the modules' functions.
let reaching: [SwiftSetting] = Context.environment["FUZZER"] == "fast" ? reached : []

let package = Package(
  name: "swift-virtio",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "VirtIO", targets: ["VirtIO"]),
    .library(name: "VirtIOPCI", targets: ["VirtIOPCI"]),
    .library(name: "VirtIOMMIO", targets: ["VirtIOMMIO"]),
    .library(name: "VirtIOGraphics", targets: ["VirtIOGraphics"]),
    .library(name: "VirtIOGPU", targets: ["VirtIOGPU"]),
    .library(name: "VirtIORandom", targets: ["VirtIORandom"]),
    .library(name: "VirtIOInput", targets: ["VirtIOInput"]),
    .library(name: "VirtIOTesting", targets: ["VirtIOTesting"]),
    .library(name: "FuzzInputs", targets: ["FuzzInputs"]),
    .library(name: "FuzzTargets", targets: ["FuzzTargets"]),
    .executable(name: "virtio-vm", targets: ["virtio-vm"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
  ],
  targets: [
    .target(name: "CVirtIO"),
    .target(name: "VirtIO", dependencies: ["CVirtIO"], swiftSettings: strict + reached),
    .target(name: "VirtIOPCI", dependencies: ["VirtIO"], swiftSettings: strict + reached),
    .target(name: "VirtIOMMIO", dependencies: ["VirtIO"], swiftSettings: strict + reached),
    .target(name: "VirtIORandom", dependencies: ["VirtIO"], swiftSettings: strict),
    .target(name: "VirtIOInput", dependencies: ["VirtIO"], swiftSettings: strict),
    .target(name: "VirtIOGraphics", swiftSettings: strict + reached),
    .target(
      name: "VirtIOGPU", dependencies: ["VirtIO", "VirtIOGraphics"], swiftSettings: strict + reached
    ),
    .target(
      name: "VirtIOTesting",
      dependencies: [
        "VirtIO", "VirtIOPCI", "VirtIOMMIO",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "virtio-evidence",
      dependencies: [
        "VirtIO", "VirtIOPCI", "VirtIOGPU", "VirtIOTesting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "virtio-vm",
      dependencies: [
        "VirtIOGraphics", "VirtIOTesting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "virtio-queue-cost", dependencies: ["VirtIO"], path: "Benchmarks/QueueCost",
      swiftSettings: strict),
    .target(name: "FuzzInputs", path: "Fuzzing/Inputs", swiftSettings: strict),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "FuzzInputs", "VirtIO", "VirtIOPCI", "VirtIOMMIO", "VirtIOGraphics", "VirtIOGPU",
        "VirtIOTesting",
      ],
      path: "Fuzzing/Targets", swiftSettings: strict + reaching),
    .target(
      name: "VirtIOTestDoubles", dependencies: ["VirtIO"], path: "Tests/VirtIOTests/Doubles",
      swiftSettings: strict),
    .testTarget(
      name: "VirtIOTests", dependencies: ["VirtIO", "VirtIOTestDoubles"], exclude: ["Doubles"],
      swiftSettings: strict),
    .testTarget(
      name: "VirtIOPCITests", dependencies: ["VirtIO", "VirtIOPCI", "VirtIOTestDoubles"],
      swiftSettings: strict),
    .testTarget(
      name: "VirtIOMMIOTests", dependencies: ["VirtIO", "VirtIOMMIO", "VirtIOTestDoubles"],
      swiftSettings: strict),
    .testTarget(
      name: "VirtIORandomTests", dependencies: ["VirtIO", "VirtIORandom", "VirtIOTestDoubles"],
      swiftSettings: strict),
    .testTarget(
      name: "VirtIOInputTests", dependencies: ["VirtIO", "VirtIOInput", "VirtIOTestDoubles"],
      swiftSettings: strict),
    .testTarget(
      name: "VirtIOGPUTests",
      dependencies: ["VirtIO", "VirtIOGraphics", "VirtIOGPU", "VirtIOTestDoubles"],
      swiftSettings: strict),
    .testTarget(
      name: "VirtIOGraphicsTests", dependencies: ["VirtIOGraphics"], exclude: ["Golden"],
      swiftSettings: strict),
    .testTarget(
      name: "HostedTests",
      dependencies: [
        "VirtIO", "VirtIOPCI", "VirtIOMMIO", "VirtIOGraphics", "VirtIOGPU", "VirtIORandom",
        "VirtIOInput", "VirtIOTesting",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ModelTests",
      dependencies: [
        "VirtIO", "VirtIOPCI", "VirtIOMMIO", "VirtIOGraphics", "VirtIOGPU", "VirtIOTesting",
        "FuzzInputs", "FuzzTargets",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "BootTests",
      dependencies: [
        "VirtIO", "VirtIOGraphics", "VirtIOGPU", "VirtIOTesting", "virtio-vm",
        .product(name: "Subprocess", package: "swift-subprocess"),
        .product(name: "SystemPackage", package: "swift-system"),
      ],
      swiftSettings: strict),
  ]
)

// With TEST_TARGETS=VirtIOTests,VirtIOGPUTests in the environment only these tests are there, and what
// they need: a change is built and tested in seconds.
if let names = Context.environment["TEST_TARGETS"]?.split(separator: ",").map(String.init) {
  var kept = Set(names)
  for _ in package.targets {
    for target in package.targets where kept.contains(target.name) {
      for case .byNameItem(let name, _) in target.dependencies { kept.insert(name) }
    }
  }
  package.targets.removeAll { !kept.contains($0.name) }
  package.products.removeAll { product in
    let targets =
      (product as? Product.Library)?.targets ?? (product as? Product.Executable)?.targets ?? []
    return !kept.isSuperset(of: targets)
  }
}
