internal import KernelAArch64
internal import KernelDeviceTree
public import VirtIO
internal import VirtIOMMIO

extension Board {
  /// The next VirtIO device of a type that is not on PCI, in the order of the device tree.
  ///
  /// Looks at each place that the tree names; empty ones are passed over. If places answer as something
  /// else, the first call says so on the serial line.
  ///
  /// - Parameters:
  ///   - deviceType: The type, as VirtIO numbers them: 16 is a GPU.
  ///   - last: The one before, or nil for the first.
  public mutating func nextSlot(ofType deviceType: UInt16, after last: FoundSlot? = nil)
    -> FoundSlot?
  {
    guard let slots = try? Self.withTree({ VirtIOSlots($0) }) else { return nil }
    var refusals = SlotRefusals()
    defer { if last == nil { refusals.report() } }
    for index in (last?.index ?? -1) &+ 1..<slots.count {
      // Where nothing answers at all, there is nothing.
      guard let registers = try? window(slots[index].registers),
        GuardedRead.read32(at: registers.base) != nil
      else { continue }
      do throws(MMIOError) {
        guard let transport = try MMIOTransport(registers), transport.deviceType == deviceType
        else {
          continue
        }
        return FoundSlot(index: index, registers: registers, node: slots[index])
      } catch {
        refusals.note(error, at: slots[index].registers.base)
      }
    }
    return nil
  }

  /// A VirtIO device that ``nextSlot(ofType:after:)`` found.
  public struct FoundSlot: Describable {
    /// Which of the tree's places.
    let index: Int
    /// Its registers, for a transport.
    public let registers: RegisterWindow<MMIO>
    let interrupt: InterruptSpecifier?
    /// Whether it snoops the caches: if not, its memory comes from a ``NonCoherentBoardPlatform``.
    public let isDMACoherent: Bool

    init(index: Int, registers: RegisterWindow<MMIO>, node: VirtIOSlotNode) {
      self.index = index
      self.registers = registers
      interrupt = node.interrupt
      isDMACoherent = node.isDMACoherent
    }

    /// Ends the kernel if the device does not snoop the caches, for images that do without the other
    /// kind of memory.
    public func requireDMACoherence() {
      if isDMACoherent { return }
      panic("the device at \(self) does not snoop the caches: expected dma-coherent, found none")
    }

    /// Says where its registers are.
    public func describe<Sink: TextSink>(to sink: inout Sink) {
      sink.write(hexadecimal: UInt64(registers.base))
    }
  }
}

/// The places that answer, but not as devices that can be driven.
private struct SlotRefusals {
  private var first: (error: MMIOError, address: UInt64)?
  private var count = 0

  mutating func note(_ error: MMIOError, at address: UInt64) {
    if first == nil { first = (error, address) }
    count &+= 1
  }

  /// One line, however many they are.
  func report() {
    guard let first else { return }
    var line: Message = "virtio-mmio: "
    first.error.describe(to: &line)
    line.write(", at ")
    line.write(hexadecimal: first.address)
    if count > 1 {
      line.write(" and ")
      line.write(UInt64(count &- 1))
      line.write(" other places")
    }
    printLine(line)
  }
}
