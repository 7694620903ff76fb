internal import KernelBoot

/// What the boot code found and made.
public enum BootFacts {
  /// Where the device tree should be; its first 2 MiB are mapped.
  public static var deviceTree: UInt64 { kernel_device_tree() }

  /// Where the kernel lies: code, data and stack.
  public static var image: Range<UInt64> { kernel_image_start()..<kernel_image_end() }
}
