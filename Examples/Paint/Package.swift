// swift-tools-version: 6.2
import PackageDescription

/// Where swift-virtio lies.
let checkout = "../.."

let package = Package(
  name: "Paint",
  dependencies: [
    .package(name: "swift-virtio", path: checkout),
    .package(name: "virtio-kernel", path: "\(checkout)/Kernel"),
  ],
  targets: [
    .executableTarget(
      name: "Paint",
      dependencies: [
        .product(name: "VirtBoard", package: "virtio-kernel"),
        .product(name: "VirtIO", package: "swift-virtio"),
        .product(name: "VirtIOPCI", package: "swift-virtio"),
        .product(name: "VirtIOGraphics", package: "swift-virtio"),
        .product(name: "VirtIOGPU", package: "swift-virtio"),
        .product(name: "VirtIOInput", package: "swift-virtio"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6)])
  ]
)
