internal import Boot
internal import MMIO

/// The interrupt controller (GICv2), with its frame that turns messages of devices into interrupts.
public struct Controller {
  private static let distributor = Registers(at: 0x0800_0000)
  fileprivate static let processor = Registers(at: 0x0801_0000)
  private static let messages = Registers(at: 0x0802_0000)
  /// The timer's interrupt.
  private static let timer: UInt32 = 27

  /// What to do when a device interrupts. It is called with interrupts masked.
  public static nonisolated(unsafe) var handler: (UInt32) -> Void = { _ in }

  /// Switches the controller on, and interrupts.
  public init() {
    Self.distributor[0x000] = 1  // GICD_CTLR
    Self.processor[0x004] = 0xff  // GICC_PMR: all priorities
    Self.processor[0x000] = 1  // GICC_CTLR
    enable(Self.timer)
    kernel_unmask_interrupts()
  }

  /// An interrupt for messages: its number, which a device has to write to the address.
  public func message(_ index: UInt32) -> (number: UInt32, address: UInt64) {
    let number = Self.messages[0x008] >> 16 & 0x3ff + index  // MSI_TYPER
    let configuration = 0xc00 + UInt(number / 16) * 4  // GICD_ICFGR
    Self.distributor[configuration] |= 2 << (number % 16 * 2)  // a message is over at once
    let target = 0x800 + UInt(number / 4) * 4  // GICD_ITARGETSR
    Self.distributor[target] |= 1 << (number % 4 * 8)
    enable(number)
    return (number, UInt64(Self.messages.base + 0x040))
  }

  private func enable(_ number: UInt32) {
    Self.distributor[0x100 + UInt(number / 32) * 4] = 1 << (number % 32)  // GICD_ISENABLER
  }
}

/// Called by the boot code, when there is an interrupt.
@c(kernel_interrupt)
public func handleInterrupt() {
  let number = Controller.processor[0x00c]  // GICC_IAR
  kernel_set_alarm(.max)
  if number & 0x3ff < 1020 {
    Controller.handler(number)
    Controller.processor[0x010] = number  // GICC_EOIR
  }
}
