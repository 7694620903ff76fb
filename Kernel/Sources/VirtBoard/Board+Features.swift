public import VirtIO

extension Board {
  /// The features that the kernel's arguments say are not to be used; see
  /// ``BootArguments/declinedFeatures(orElse:)``. What is not understood is said on the serial line.
  public func declinedFeatures() -> Features {
    arguments.declinedFeatures { printLine($0) }
  }
}
