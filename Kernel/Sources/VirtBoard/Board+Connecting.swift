internal import KernelAArch64
internal import KernelDeviceTree
internal import KernelInterrupts
public import VirtIO
public import VirtIOMMIO
public import VirtIOPCI

extension Board {
  /// Leads the interrupts of a device to its driver: by messages, else by its line, else not at all.
  /// Says on the serial line which.
  ///
  /// The driver has been opened; it may have been used by polling. What is asked of it and under way
  /// goes on. To be followed by the driver's own `enableInterrupts()`, unless it is to poll.
  ///
  /// - Parameters:
  ///   - device: The function.
  ///   - interrupts: What its transport has told of them; nil if it has none.
  ///   - handler: The driver's.
  public func connect(
    _ device: FoundDevice, _ interrupts: PCIInterrupts<MMIO>?,
    to handler: InterruptHandler<PCIInterrupts<MMIO>>
  ) -> DeviceInterrupts {
    guard BoardInterrupts.isRunning else { return DeviceInterrupts(.polling) }
    guard let interrupts, let host = hosts[device.host],
      let path = PCIPath(from: device.function.address, pin: interrupts.linePin, in: host)
    else { return poll(device, "it has no interrupts") }
    do throws(InterruptError) {
      let vectorCount = min(interrupts.vectorCount, 3)
      if vectorCount > 0,
        let found = try messages(device, path, interrupts, handler, vectorCount)
      {
        return found
      }
    } catch { printLine("interrupts: no messages of \(device): \(error)") }
    do throws(InterruptError) {
      if let found = try line(device, path, interrupts, handler) { return found }
    } catch { printLine("interrupts: no line of \(device): \(error)") }
    return poll(device, "nothing leads from it to the CPU")
  }

  /// Leads the interrupts of a device without PCI to its driver: by its line, else not at all. Says on the
  /// serial line which. See ``connect(_:_:to:)``.
  public func connect(
    _ slot: FoundSlot, to handler: InterruptHandler<MMIOInterrupts<MMIO>>
  ) -> DeviceInterrupts {
    guard BoardInterrupts.isRunning else { return DeviceInterrupts(.polling) }
    guard let interrupt = slot.interrupt, let id = Self.id(interrupt) else {
      return poll(slot, "it has no interrupts")
    }
    do throws(InterruptError) {
      let line = try BoardInterrupts.take(
        id, trigger: interrupt.isEdge ? .edge : .level, isShared: !interrupt.isEdge,
        handler: .slot(handler))
      printLine("interrupts: \(slot) by its line: \(id.rawValue)")
      // If it pulls its line already, there is no edge to come.
      InterruptMask.during { _ = BoardHandler.slot(handler).serve(id) }
      return DeviceInterrupts(.line, nil, line)
    } catch {
      printLine("interrupts: no line of \(slot): \(error)")
      return poll(slot, "nothing leads from it to the CPU")
    }
  }

  private func poll<Device: Describable>(_ device: Device, _ reason: StaticString)
    -> DeviceInterrupts
  {
    printLine("interrupts: \(device) is polled: \(reason)")
    return DeviceInterrupts(.polling)
  }

  // MARK: Messages

  /// Routes each vector to an interrupt of its own; several to one, if there are too few.
  private func messages(
    _ device: FoundDevice, _ path: PCIPath, _ interrupts: PCIInterrupts<MMIO>,
    _ handler: BoardHandler.Device, _ vectorCount: Int
  ) throws(InterruptError) -> DeviceInterrupts? {
    guard let source = try Self.messageSource(of: device.host, path.requester, vectorCount) else {
      return nil
    }
    var lines = InlineArray<3, UInt32>(repeating: 0)
    for vector in 0..<vectorCount {
      let place = min(vector, source.count &- 1)
      lines[vector] = source.first.rawValue &+ UInt32(truncatingIfNeeded: place)
      let data = source.firstData &+ UInt32(truncatingIfNeeded: place)
      interrupts.route(vector, to: MSIMessage(address: source.address, data: data))
    }
    let shared = source.count < vectorCount
    let first = try Self.take(lines[0], shared, .message(handler, vector: 0))
    let second =
      vectorCount > 1 ? try Self.take(lines[1], shared, .message(handler, vector: 1)) : nil
    let third =
      vectorCount > 2 ? try Self.take(lines[2], shared, .message(handler, vector: 2)) : nil
    var line: Message = "interrupts: \(device) by MSI-X, "
    line.write(UInt64(vectorCount))
    line.write(vectorCount == 1 ? " vector:" : " vectors:")
    for vector in 0..<vectorCount {
      line.write(" ")
      line.write(UInt64(lines[vector]))
    }
    printLine(line)
    interrupts.unmask()
    return DeviceInterrupts(.messages, interrupts, first, second, third)
  }

  private static func take(_ id: UInt32, _ isShared: Bool, _ handler: BoardHandler)
    throws(InterruptError) -> InterruptLine<BoardInterrupts>
  {
    try BoardInterrupts.take(
      InterruptID(rawValue: id), trigger: .edge, isShared: isShared, handler: handler)
  }

  /// Interrupts that messages raise, side by side.
  private struct MessageSource {
    let address: UInt64
    let first: InterruptID
    /// What raises the first; the next raises the next.
    let firstData: UInt32
    let count: Int
  }

  private static func messageSource(of host: Int, _ requester: UInt16, _ count: Int)
    throws(InterruptError) -> MessageSource?
  {
    let found = try BoardInterrupts.withRoutes { (routes) throws(InterruptError) in
      guard let target = routes.messages[host]?.target(of: requester) else {
        return MessageSource?.none
      }
      if target.controller == routes.itsPhandle, let address = routes.its?.address,
        let first = try routes.its?.map(device: target.device, count: count, allocate: takeTable)
      {
        return MessageSource(address: address, first: first, firstData: 0, count: count)
      }
      for index in routes.frames.indices where routes.framePhandles[index] == target.controller {
        guard let address = routes.frames[index]?.address,
          let first = routes.frames[index]?.takeLine()
        else { continue }
        var taken = 1
        while taken < count, routes.frames[index]?.takeLine() != nil { taken &+= 1 }
        return MessageSource(
          address: address, first: first, firstData: first.rawValue, count: taken)
      }
      return nil
    }
    return found ?? nil
  }

  // MARK: Lines

  private func line(
    _ device: FoundDevice, _ path: PCIPath, _ interrupts: PCIInterrupts<MMIO>,
    _ handler: BoardHandler.Device
  ) throws(InterruptError) -> DeviceInterrupts? {
    guard path.pin >= 1, path.pin <= 4, let host = hosts[device.host] else { return nil }
    let specifier = try BoardInterrupts.withRoutes {
      $0.pins[device.host]?.specifier(
        bus: host.firstBus, device: path.device, function: path.function, pin: path.pin)
    }
    guard let specifier = specifier ?? nil, let id = Self.id(specifier) else { return nil }
    let line = try BoardInterrupts.take(
      id, trigger: specifier.isEdge ? .edge : .level, isShared: true, handler: .line(handler))
    printLine("interrupts: \(device) by INTx: \(id.rawValue)")
    interrupts.enableLine()
    return DeviceInterrupts(.line, interrupts, line)
  }
}

extension Board.FoundDevice: Describable {
  /// Says where it sits.
  public func describe<Sink: TextSink>(to sink: inout Sink) { function.address.describe(to: &sink) }
}
