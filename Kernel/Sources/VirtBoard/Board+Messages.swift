internal import KernelAArch64
internal import KernelDeviceTree
internal import KernelInterrupts
internal import KernelMemory
internal import VirtIO

extension Board {
  /// Sets up what turns messages of devices into interrupts. What cannot be used is said and left.
  mutating func startMessages(_ interrupts: InterruptDescription) {
    do throws(InterruptFailure) {
      switch BoardInterrupts.currentController {
      case .v2: try startFrames(interrupts)
      case .v3(let gic): try startTranslation(interrupts, gic)
      case nil: break
      }
    } catch {
      printLine("interrupts: no messages: \(error)")
    }
  }

  private mutating func startFrames(_ interrupts: InterruptDescription) throws(InterruptFailure) {
    let limit = BoardInterrupts.currentController?.lineCount ?? 0
    for index in 0..<interrupts.messageFrames.count {
      let node = interrupts.messageFrames[index]
      let registers = try window(node.registers, .messageFrame, identifiedAt: 0x008)
      do throws(InterruptError) {
        let frame = try BoardInterrupts.withRoutes { (routes) throws(InterruptError) in
          let frame = try MessageFrame(
            registers, firstLine: node.firstLine, lineCount: node.lineCount,
            limit: limit)
          routes.frames[index] = frame
          routes.framePhandles[index] = node.phandle
          return frame
        }
        guard let frame else { return }
        printLine("interrupts: MSI frame, \(frame.lineCount) lines from \(frame.firstLine) on")
      } catch { throw .controller(error) }
    }
  }

  private mutating func startTranslation(
    _ interrupts: InterruptDescription, _ gic: GICv3<MMIO, BoardProcessor>
  ) throws(InterruptFailure) {
    guard interrupts.translationServices.count > 0 else { return }
    let node = interrupts.translationServices[0]
    let registers = try window(node.registers, .translationService, identifiedAt: 0xffe8)
    do throws(InterruptError) {
      let its = try ITS(
        registers, redistributor: gic.redistributor, idBits: gic.idBits,
        processor: BoardProcessor(), allocate: Self.takeTable)
      _ = try BoardInterrupts.withRoutes {
        $0.its = its
        $0.itsPhandle = node.phandle
      }
      printLine("interrupts: ITS")
    } catch { throw .controller(error) }
  }

  /// Reads where the pins and the messages of the PCI hosts lead.
  mutating func readMaps(_ interrupts: InterruptDescription, controller: UInt32) {
    for index in 0..<interrupts.pciHosts.count {
      let host = interrupts.pciHosts[index]
      let maps = try? Self.withTree {
        (InterruptMap(of: host, in: $0, to: controller), MessageMap(of: host, in: $0))
      }
      guard let maps else { return }
      if maps.0.droppedCount > 0 {
        printLine("interrupts: \(maps.0.droppedCount) entries of interrupt-map make no sense")
      }
      _ = try? BoardInterrupts.withRoutes {
        $0.pins[index] = maps.0
        $0.messages[index] = maps.1
      }
    }
  }

  /// Memory for a controller's table, which it keeps.
  static func takeTable(_ byteCount: Int, _ alignment: Int) -> RegisterWindow<MMIO>? {
    let pageCount = (byteCount &+ PageAllocator.pageByteCount &- 1) / PageAllocator.pageByteCount
    guard
      let run = try? unsafe Pages.allocator?.allocate(
        pageCount: pageCount, alignment: alignment, owner: .kernel),
      let base = unsafe UnsafeMutableRawPointer(bitPattern: UInt(run.address))
    else { return nil }
    // SAFETY: the pages are RAM, mapped, and nobody else's.
    unsafe base.initializeMemory(
      as: UInt8.self, repeating: 0, count: pageCount &* PageAllocator.pageByteCount & .max)
    return RegisterWindow(MMIO(), base: UInt(run.address), byteCount: UInt(bitPattern: byteCount))
  }
}
