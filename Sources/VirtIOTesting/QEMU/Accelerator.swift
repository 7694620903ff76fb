import Foundation

/// What executes the guest's instructions.
public enum Accelerator: String, CaseIterable, Sendable {
  /// The fastest that this machine offers.
  case auto
  /// Translation by QEMU; works everywhere.
  case tcg
  /// The Linux kernel's virtual machines, on an arm64 machine.
  case kvm
  /// macOS's virtual machines, on an arm64 machine.
  case hvf

  /// Self, or what `auto` means on this machine.
  public var resolved: Accelerator {
    guard self == .auto else { return self }
    #if os(macOS) && arch(arm64)
    return .hvf
    #elseif os(Linux) && arch(arm64)
    return FileManager.default.isWritableFile(atPath: "/dev/kvm") ? .kvm : .tcg
    #else
    return .tcg
    #endif
  }

  /// The processor to name unless the user names one: virtual machines run the host's own.
  public var defaultCPU: String {
    switch resolved {
    case .kvm, .hvf: "host"
    case .auto, .tcg: "cortex-a72"
    }
  }
}
