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

/// What every image composes: the board, and the driver by its public products.
let image: [Target.Dependency] = [
  "VirtBoard",
  .product(name: "VirtIO", package: "swift-virtio"),
  .product(name: "VirtIOPCI", package: "swift-virtio"),
  .product(name: "VirtIOMMIO", package: "swift-virtio"),
  .product(name: "VirtIOGraphics", package: "swift-virtio"),
  .product(name: "VirtIOGPU", package: "swift-virtio"),
]

let package = Package(
  name: "virtio-kernel",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "VirtBoard", targets: ["VirtBoard"]),
    .library(name: "KernelFont", targets: ["KernelFont"]),
  ],
  dependencies: [.package(name: "swift-virtio", path: "..")],
  targets: [
    .target(name: "KernelBoot"),
    .target(name: "KernelAArch64", dependencies: ["KernelBoot"], swiftSettings: strict),
    .target(name: "KernelDeviceTree", swiftSettings: strict + reached),
    .target(name: "KernelMemory", swiftSettings: strict),
    .target(
      name: "KernelInterrupts",
      dependencies: [.product(name: "VirtIO", package: "swift-virtio")], swiftSettings: strict),
    .target(
      name: "VirtBoard",
      dependencies: [
        "KernelBoot", "KernelAArch64", "KernelDeviceTree", "KernelMemory", "KernelInterrupts",
        .product(name: "VirtIO", package: "swift-virtio"),
        .product(name: "VirtIOPCI", package: "swift-virtio"),
        .product(name: "VirtIOMMIO", package: "swift-virtio"),
      ],
      swiftSettings: strict + reached),
    .target(
      name: "KernelCrashScreen",
      dependencies: [
        "VirtBoard",
        .product(name: "VirtIO", package: "swift-virtio"),
        .product(name: "VirtIOPCI", package: "swift-virtio"),
        .product(name: "VirtIOMMIO", package: "swift-virtio"),
        .product(name: "VirtIOGraphics", package: "swift-virtio"),
        .product(name: "VirtIOGPU", package: "swift-virtio"),
      ],
      swiftSettings: strict),
    .target(name: "KernelHeapCalls"),
    .target(name: "KernelProbes"),
    .target(name: "KernelFont"),
    .target(
      name: "KernelHeap", dependencies: ["KernelHeapCalls", "KernelMemory", "VirtBoard"],
      swiftSettings: strict),
    .executableTarget(
      name: "TestCard", dependencies: image + ["KernelCrashScreen"], path: "Images/TestCard",
      swiftSettings: strict),
    .executableTarget(
      name: "Minimal", dependencies: image, path: "Images/Minimal", swiftSettings: strict),
    .executableTarget(
      name: "Scatter", dependencies: image, path: "Images/Scatter", swiftSettings: strict),
    .executableTarget(
      name: "Console", dependencies: image + ["KernelFont"], path: "Images/Console",
      swiftSettings: strict),
    .executableTarget(
      name: "Showcase",
      dependencies: image + [
        "KernelCrashScreen", .product(name: "VirtIOInput", package: "swift-virtio"),
      ],
      path: "Images/Showcase", swiftSettings: strict),
    .executableTarget(
      name: "Scenario", dependencies: image, path: "Images/Scenario", swiftSettings: strict),
    .executableTarget(
      name: "SelfTest",
      dependencies: [
        "KernelAArch64", "KernelBoot", "VirtBoard",
        .product(name: "VirtIO", package: "swift-virtio"),
      ],
      path: "Images/SelfTest", swiftSettings: strict),
    .executableTarget(
      name: "Interrupts", dependencies: image + ["KernelAArch64"], path: "Images/Interrupts",
      swiftSettings: strict),
    .executableTarget(
      name: "Bench", dependencies: image + ["KernelAArch64", "KernelMemory", "KernelProbes"],
      path: "Images/Bench",
      swiftSettings: strict),
    .executableTarget(
      name: "Faults", dependencies: image + ["KernelAArch64", "KernelCrashScreen"],
      path: "Images/Faults", swiftSettings: strict),
    .target(
      name: "KernelFuzzTargets",
      dependencies: [
        "KernelDeviceTree", "VirtBoard", .product(name: "VirtIO", package: "swift-virtio"),
        .product(name: "FuzzInputs", package: "swift-virtio"),
      ],
      path: "Fuzzing/Targets", swiftSettings: strict + reaching),
    .testTarget(
      name: "KernelFuzzTests",
      dependencies: [
        "KernelFuzzTargets", .product(name: "FuzzInputs", package: "swift-virtio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "KernelDeviceTreeTests", dependencies: ["KernelDeviceTree"],
      resources: [.copy("Fixtures")], swiftSettings: strict),
    .testTarget(
      name: "KernelMemoryTests", dependencies: ["KernelMemory"], swiftSettings: strict),
    .testTarget(
      name: "KernelInterruptsTests",
      dependencies: ["KernelInterrupts", .product(name: "VirtIO", package: "swift-virtio")],
      swiftSettings: strict),
    .testTarget(
      name: "KernelAArch64Tests", dependencies: ["KernelAArch64"], swiftSettings: strict),
    .testTarget(
      name: "VirtBoardTests",
      dependencies: [
        "KernelDeviceTree", "KernelMemory", "VirtBoard",
        .product(name: "VirtIO", package: "swift-virtio"),
        .product(name: "VirtIOPCI", package: "swift-virtio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "KernelCrashScreenTests",
      dependencies: [
        "KernelCrashScreen", .product(name: "VirtIO", package: "swift-virtio"),
        .product(name: "VirtIOGraphics", package: "swift-virtio"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "ShowcaseTests",
      dependencies: [
        "Showcase", .product(name: "VirtIOGraphics", package: "swift-virtio"),
        .product(name: "VirtIOInput", package: "swift-virtio"),
      ],
      swiftSettings: strict),
  ]
)

// The fuzzer itself needs the runtime of libFuzzer: who wants it says FUZZER=careful, or one of the
// other kinds, as `virtio-evidence fuzz` does.
if let kind = Context.environment["FUZZER"] {
  let calls =
    kind == "fast"
    ? [
      "cmp1", "cmp2", "cmp4", "cmp8", "const_cmp1", "const_cmp2", "const_cmp4", "const_cmp8",
      "switch", "pc_indir",
    ] : []
  package.targets += [
    .target(name: "CFuzzer", path: "Fuzzing/CFuzzer"),
    .executableTarget(
      name: "virtio-fuzz",
      dependencies: [
        "CFuzzer", "KernelFuzzTargets",
        .product(name: "FuzzInputs", package: "swift-virtio"),
        .product(name: "FuzzTargets", package: "swift-virtio"),
      ],
      path: "Fuzzing/virtio-fuzz", swiftSettings: strict,
      linkerSettings: [
        .unsafeFlags(["-sanitize=fuzzer"]),
        .unsafeFlags(calls.flatMap { ["-Xlinker", "--wrap=__sanitizer_cov_trace_\($0)"] }),
        // The other linker cannot read what the sanitizer adds.
        .unsafeFlags(["-Xclang-linker", "-fuse-ld=lld"], .when(platforms: [.linux])),
      ]),
  ]
}

// Whose documentation is written says DOCS=1, as `virtio-evidence docs` does: no test, no image and no fuzzer is
// built for it.
if Context.environment["DOCS"] != nil {
  package.targets.removeAll {
    $0.type == .test || $0.type == .executable || $0.name == "KernelFuzzTargets"
  }
}
