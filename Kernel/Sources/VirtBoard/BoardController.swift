internal import KernelAArch64
internal import KernelDeviceTree
internal import KernelInterrupts
internal import VirtIO

/// This CPU's registers, as a GICv3 needs them.
struct BoardProcessor: GICProcessor {
  var affinity: UInt32 { InterruptRegisters.affinity }
  func enable() -> Bool { InterruptRegisters.exist && InterruptRegisters.enable() }
  func acknowledge() -> UInt32 { InterruptRegisters.acknowledge() }
  func end(_ interrupt: UInt32) { InterruptRegisters.end(interrupt) }
  func synchronize() { InterruptRegisters.synchronize() }
}

/// The board's interrupt controller: a GIC of one version or another.
enum BoardController: InterruptController {
  case v2(GICv2<MMIO>)
  case v3(GICv3<MMIO, BoardProcessor>)

  var lineCount: UInt32 {
    switch self {
    case .v2(let gic): gic.lineCount
    case .v3(let gic): gic.lineCount
    }
  }

  func configure(_ id: InterruptID, trigger: InterruptTrigger, priority: InterruptPriority) {
    switch self {
    case .v2(let gic): gic.configure(id, trigger: trigger, priority: priority)
    case .v3(let gic): gic.configure(id, trigger: trigger, priority: priority)
    }
  }

  func enable(_ id: InterruptID) {
    switch self {
    case .v2(let gic): gic.enable(id)
    case .v3(let gic): gic.enable(id)
    }
  }

  func disable(_ id: InterruptID) {
    switch self {
    case .v2(let gic): gic.disable(id)
    case .v3(let gic): gic.disable(id)
    }
  }

  func acknowledge() -> AcknowledgedInterrupt {
    switch self {
    case .v2(let gic): gic.acknowledge()
    case .v3(let gic): gic.acknowledge()
    }
  }

  func end(_ interrupt: AcknowledgedInterrupt) {
    switch self {
    case .v2(let gic): gic.end(interrupt)
    case .v3(let gic): gic.end(interrupt)
    }
  }
}

/// The ways from devices to the controller. Apart from it, as they are long and seldom needed.
struct BoardRoutes {
  /// Where messages become local interrupts, and its phandle.
  var its: ITS<MMIO, BoardProcessor>?
  var itsPhandle: UInt32 = 0
  /// Where messages become lines, and their phandles.
  var frames = InlineArray<4, MessageFrame<MMIO>?>(repeating: nil)
  var framePhandles = InlineArray<4, UInt32>(repeating: 0)
  /// Where the pins and the messages of each PCI host lead.
  var pins = InlineArray<2, InterruptMap?>(repeating: nil)
  var messages = InlineArray<2, MessageMap?>(repeating: nil)
}
