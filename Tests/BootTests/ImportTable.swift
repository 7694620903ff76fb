/// Which module may import what: the arrows of the architecture, as the tests check them.
enum ImportTable {
  /// What the toolchain offers a guest; nothing else of it runs without an operating system.
  private static let guest: Set<String> = ["Synchronization"]

  /// What host programs may use besides.
  private static let host: Set<String> = [
    "ArgumentParser", "Darwin", "Dispatch", "Foundation", "Glibc", "Musl", "Subprocess",
    "Synchronization", "System", "SystemPackage",
  ]

  private static let kernel: Set<String> = [
    "KernelBoot", "KernelAArch64", "KernelDeviceTree", "KernelMemory", "KernelInterrupts",
  ]

  /// What an image may import: images are the only place that composes everything.
  private static let image = guest.union(kernel).union([
    "KernelCrashScreen", "KernelHeap", "VirtBoard", "VirtIO", "VirtIOPCI", "VirtIOMMIO",
    "VirtIOGraphics", "VirtIOGPU",
  ])

  /// By folder: the modules that its files may import.
  static let allowed: [String: Set<String>] = [
    "Sources/CVirtIO": [],
    "Sources/VirtIO": guest.union(["CVirtIO"]),
    "Sources/VirtIOPCI": guest.union(["VirtIO", "CVirtIO"]),
    "Sources/VirtIOMMIO": guest.union(["VirtIO"]),
    "Sources/VirtIORandom": guest.union(["VirtIO"]),
    "Sources/VirtIOInput": guest.union(["VirtIO"]),
    "Sources/VirtIOGraphics": guest,
    "Sources/VirtIOGPU": guest.union(["VirtIO", "VirtIOGraphics"]),
    "Sources/VirtIOTesting": host.subtracting(["ArgumentParser"])
      .union(["VirtIO", "VirtIOPCI", "VirtIOMMIO"]),
    "Sources/virtio-evidence": host.union([
      "RegexBuilder", "VirtIO", "VirtIOPCI", "VirtIOGPU", "VirtIOTesting",
    ]),
    "Sources/virtio-vm": host.union(["VirtIOTesting", "VirtIOGraphics"]),
    "Kernel/Sources/KernelBoot": [],
    "Kernel/Sources/KernelAArch64": guest.union(["KernelBoot"]),
    "Kernel/Sources/KernelDeviceTree": guest,
    "Kernel/Sources/KernelMemory": guest,
    "Kernel/Sources/KernelInterrupts": guest.union(["VirtIO"]),
    "Kernel/Sources/VirtBoard": guest.union(kernel)
      .union(["VirtIO", "VirtIOPCI", "VirtIOMMIO"]),
    "Kernel/Sources/KernelCrashScreen": guest.union([
      "VirtBoard", "VirtIO", "VirtIOPCI", "VirtIOMMIO", "VirtIOGraphics", "VirtIOGPU",
    ]),
    "Kernel/Sources/KernelHeapCalls": [],
    "Kernel/Sources/KernelHeap": guest.union(["KernelMemory", "VirtBoard"]),
    "Kernel/Sources/KernelProbes": [],
    "Kernel/Sources/KernelFont": [],
    "Kernel/Images/TestCard": image,
    "Kernel/Images/Minimal": image,
    "Kernel/Images/Showcase": image.union(["VirtIOInput"]),
    "Kernel/Images/Scenario": image,
    "Kernel/Images/SelfTest": image,
    "Kernel/Images/Scatter": image,
    "Kernel/Images/Console": image.union(["KernelFont"]),
    "Kernel/Images/Faults": image,
    "Kernel/Images/Interrupts": image,
    "Kernel/Images/Bench": image.union(["KernelProbes"]),
  ]

  /// The headers that C and assembly may include besides their own: the compiler's freestanding ones.
  static let headers: Set<String> = ["stdbool.h", "stddef.h", "stdint.h"]
}
