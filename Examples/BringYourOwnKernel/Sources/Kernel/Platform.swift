import Boot
import MMIO
import Memory
import PCI
import VirtIO
import VirtIOPCI

/// All that the driver asks of this kernel: memory, the time, and a way to sleep.
struct KernelPlatform: InterruptPlatform {
  let pages: PageAllocator

  /// Memory is mapped to itself, and devices on QEMU's `virt` look into the caches.
  func allocate(byteCount: Int, alignment: Int) -> CoherentRegion? {
    guard let base = pages.allocate(byteCount: byteCount) else { return nil }
    let address = DeviceAddress(rawValue: UInt64(UInt(bitPattern: base)))
    return CoherentRegion(base: base, deviceAddress: address, byteCount: byteCount)
  }

  func free(_ region: CoherentRegion) {
    pages.free(region.base)
  }

  var now: Nanoseconds {
    let (seconds, ticks) = kernel_ticks().quotientAndRemainder(
      dividingBy: kernel_ticks_per_second())
    return Nanoseconds(
      rawValue: seconds * 1_000_000_000 + ticks * 1_000_000_000 / kernel_ticks_per_second())
  }

  func sleep(until deadline: Nanoseconds, unless isAwake: () -> Bool) {
    let nanoseconds = min(deadline.since(now).rawValue, 1_000_000_000)
    kernel_mask_interrupts()
    kernel_set_alarm(kernel_ticks() + nanoseconds * kernel_ticks_per_second() / 1_000_000_000)
    if !isAwake() { kernel_wait_for_interrupt() }
    kernel_unmask_interrupts()
  }
}

extension PCIFunction<MMIO> {
  /// A function that this kernel has found, as the driver wants it described.
  init?(_ function: Function, on bus: inout Bus) {
    var bars = FixedArray<6, RegisterWindow<MMIO>?>(repeating: nil)
    bus.assignAddresses(of: function) { index, base, byteCount in
      bars[index] = RegisterWindow(MMIO(), base: base, byteCount: byteCount)
    }
    guard
      let configuration = RegisterWindow(MMIO(), base: function.registers.base, byteCount: 4096)
    else { return nil }
    self.init(
      address: PCIAddress(bus: 0, device: function.slot, function: 0),
      configuration: configuration, bars: bars)
  }
}
