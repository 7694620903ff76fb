internal import VirtBoard
internal import VirtIO
internal import VirtIOGPU
internal import VirtIOGraphics
internal import VirtIOMMIO
internal import VirtIOPCI

/// What shows the report of a crash on a display: the driver once more, opened anew over the same
/// registers, in memory of its own.
///
/// Opening resets the device, so it does not matter what it was doing, nor what the program was doing with
/// it. Nothing of the program's display is looked at. Each wait is bounded, the first one that is in vain
/// ends it, and no interrupt is used.
enum CrashScreen {
  /// A GPU, by what it takes to make a transport.
  enum Device {
    case function(PCIFunction<MMIO>)
    case slot(RegisterWindow<MMIO>)
  }

  /// What was found at boot.
  struct Setting {
    let device: Device
    let platform: BoardPlatform
  }

  // One CPU runs this kernel, and it is written once, at boot.
  nonisolated(unsafe) static var setting: Setting?

  /// All that can be done without: the less is agreed, the less can go wrong.
  private static var declined: Features {
    Features(rawValue: ~(Features.accessPlatform.union(.orderPlatform).rawValue))
  }

  /// Shows the report.
  ///
  /// - Returns: Whether it is on a scanout.
  static func show() -> Bool {
    guard let setting = unsafe setting else { return false }
    switch setting.device {
    case .function(let function):
      do throws(PCIError) {
        let transport = try PCITransport(
          function, deviceType: gpuDeviceType, maximumVectorCount: 0)
        return show(on: transport, CrashPlatform(setting.platform))
      } catch { printLine("crash screen: \(error)") }
    case .slot(let registers):
      do throws(MMIOError) {
        guard let transport = try MMIOTransport(registers) else {
          printLine("crash screen: the device has gone")
          return false
        }
        return show(on: transport, CrashPlatform(setting.platform))
      } catch { printLine("crash screen: \(error)") }
    }
    return false
  }

  /// Shows it on all enabled scanouts, as far as there is memory.
  @inline(never)
  private static func show<T: Transport & ~Copyable>(
    on transport: consuming T, _ platform: CrashPlatform
  ) -> Bool {
    do throws(GPUError) {
      var display = try Display.open(
        transport, on: platform, declining: declined, buffers: .one, waiting: CrashWaiter())
      guard display.firstScanout != nil else {
        printLine("crash screen: no scanout is enabled")
        return false
      }
      var isShown = false
      for index in 0..<display.scanoutCount where display.scanouts[index].isEnabled {
        do throws(GPUError) {
          try draw(on: display.scanouts[index].id, of: &display)
          isShown = true
          printLine("crash screen: on scanout \(index)")
        } catch {
          printLine("crash screen: not on scanout \(index): \(error)")
          if case .timedOut = error { return isShown }
        }
      }
      return isShown
    } catch {
      printLine("crash screen: \(error)")
      return false
    }
  }

  @inline(never)
  private static func draw<T: Transport & ~Copyable>(
    on scanout: ScanoutID, of display: inout Display<CrashPlatform, T>
  ) throws(GPUError) {
    var frame = try display.nextFrame(on: scanout, waiting: CrashWaiter())
    let page = CrashPage(width: frame.width, height: frame.height)
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    page.draw(CrashReport.text, on: &canvas)
    let presentation = try display.present(frame)
    try display.finish(presentation, waiting: CrashWaiter())
  }
}

/// The device type of a GPU.
///
/// - Spec: VirtIO 1.4 §5 "Device Types"
var gpuDeviceType: UInt16 { 16 }
