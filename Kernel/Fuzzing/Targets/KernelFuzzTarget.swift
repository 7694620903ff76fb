public import FuzzInputs

/// A boundary of the kernel beyond which nothing is trusted: what passes it, the fuzzer makes up.
public enum KernelFuzzTarget: String, CaseIterable, Sendable {
  /// The device tree that firmware passes on.
  case devicetree
  /// The words that a kernel is started with.
  case bootargs

  /// Has an input do its worst.
  ///
  /// - Throws: What is wrong with what came of it.
  public func run(_ bytes: Span<UInt8>) throws(Finding) {
    switch self {
    case .devicetree: try DeviceTreeCase.run(bytes)
    case .bootargs: try BootArgumentsCase.run(bytes)
    }
  }
}
