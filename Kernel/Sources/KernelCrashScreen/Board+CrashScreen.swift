public import VirtBoard
internal import VirtIO

extension Board {
  /// Has the report of a crash shown on the displays of a GPU, after it has gone over the serial line: that
  /// of a ``VirtBoard/panic(_:)`` and that of a fault.
  ///
  /// It sets memory aside, and says so if there is none; the GPU itself is not touched. To be called once,
  /// after which the board, and whoever drives the GPU, go on as before.
  ///
  /// With `crash=halt` among the kernel's arguments the machine stays when the report is shown, else it is
  /// switched off.
  ///
  /// - Parameters:
  ///   - device: The GPU.
  ///   - pixelCount: How large all pictures together may be that are shown. A scanout whose picture does
  ///     not fit any more is left out, and that is said.
  public func installCrashScreen(
    on device: FoundDevice, pixelCount: Int = crashScreenPixelCount
  ) {
    installCrashScreen(.function(device.function), pixelCount)
  }

  /// Does the same for a GPU without PCI.
  public func installCrashScreen(
    on slot: FoundSlot, pixelCount: Int = crashScreenPixelCount
  ) {
    installCrashScreen(.slot(slot.registers), pixelCount)
  }

  /// One of 1920x1080, or two of 1280x800.
  public static var crashScreenPixelCount: Int { 1920 * 1080 }

  private func installCrashScreen(_ device: CrashScreen.Device, _ pixelCount: Int) {
    let pictures = pixelCount.multipliedReportingOverflow(by: 4)
    let total = pictures.partialValue.addingReportingOverflow(Self.crashScreenOverhead)
    guard pixelCount > 0, !pictures.overflow, !total.overflow,
      let region = platform.allocate(byteCount: total.partialValue, alignment: 4096)
    else { return printLine("crash screen: none: there is no memory for \(pixelCount) pixels") }
    unsafe CrashPlatform.memory = CrashMemory(region)
    unsafe CrashScreen.setting = CrashScreen.Setting(device: device, platform: platform)
    if !install(CrashHandler({ CrashScreen.show() })) {
      printLine("crash screen: none: there is no memory for a report")
    }
  }

  /// Rings, commands and answers; and for each of 16 scanouts a ledger, and what it takes to start at a
  /// page.
  private static var crashScreenOverhead: Int { 256 << 10 }
}
