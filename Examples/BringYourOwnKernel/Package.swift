// swift-tools-version: 6.2
import PackageDescription

/// What the kernel takes of swift-virtio: the driver, for a device on PCI, and something to draw with.
let driver: [Target.Dependency] = [
  .product(name: "VirtIO", package: "swift-virtio"),
  .product(name: "VirtIOPCI", package: "swift-virtio"),
  .product(name: "VirtIOGPU", package: "swift-virtio"),
  .product(name: "VirtIOGraphics", package: "swift-virtio"),
]

let package = Package(
  name: "BringYourOwnKernel",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://example.com/swift-virtio", .upToNextMinor(from: "0.1.0"))
  ],
  targets: [
    // The kernel's own parts. Each is called as parts of kernels are: none of the driver's is.
    .target(name: "Boot"),
    .target(name: "MMIO", dependencies: ["Boot"]),
    .target(name: "Memory"),
    .target(name: "PCI", dependencies: ["MMIO"]),
    .target(name: "Interrupts", dependencies: ["Boot", "MMIO"]),
    .executableTarget(
      name: "Kernel", dependencies: ["Boot", "MMIO", "Memory", "PCI", "Interrupts"] + driver),
  ]
)
