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
  dependencies: [.package(name: "swift-virtio", path: "..")],
  targets: [
    .target(name: "KernelBoot"),
    .target(name: "KernelAArch64", dependencies: ["KernelBoot"], swiftSettings: strict),
    .target(name: "KernelDeviceTree", swiftSettings: strict),
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
      swiftSettings: strict),
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
      name: "Showcase", dependencies: image + ["KernelCrashScreen"], path: "Images/Showcase",
      swiftSettings: strict),
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
      ],
      swiftSettings: strict),
  ]
)
