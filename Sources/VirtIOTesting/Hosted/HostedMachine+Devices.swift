public import VirtIO
public import VirtIOPCI

extension HostedMachine {
  /// Sets PCI up as a kernel without firmware does, and finds a VirtIO device.
  ///
  /// To be called before the device is in service, for the BARs are sized again each time.
  ///
  /// - Parameters:
  ///   - deviceType: The type: 16 is a GPU.
  ///   - index: Which of them, in order of bus, device and function.
  /// - Throws: ``HostedError/noDevice(type:index:)``, or why registers could not be reached.
  public func function(
    ofType deviceType: UInt16, index: Int = 0
  ) throws -> PCIFunction<HostedAccess> {
    let host = hostBridge
    _ = host.configure()
    var address: PCIAddress?
    var remaining = index
    while let next = host.nextAddress(after: address) {
      address = next
      guard let configuration = host.configuration(of: next) else { continue }
      let matches = PCITransport<HostedAccess>.matches(
        vendorID: configuration.read16(at: 0), deviceID: configuration.read16(at: 2),
        deviceType: deviceType)
      guard matches else { continue }
      if remaining == 0, let function = host.function(at: next) {
        learnStructures(of: function)
        return function
      }
      remaining -= 1
    }
    throw failure ?? HostedError.noDevice(type: deviceType, index: index)
  }

  /// The registers of one structure of a VirtIO function; nil if it has none of that kind.
  ///
  /// For what a test wants to see or do beside the driver. Found by a walk along the capabilities
  /// that owes nothing to the driver's; it is not traced, accesses through the window are.
  public func registers(
    _ kind: VirtIOStructure.Kind, of function: PCIFunction<HostedAccess>
  ) -> RegisterWindow<HostedAccess>? {
    structures(of: function).first { $0.kind == kind }?.window
  }

  /// The function's MSI-X vectors, each of which can leave its messages in RAM.
  ///
  /// - Throws: ``HostedError/noMessageVectors`` if it has none.
  public func messageVectors(
    of function: PCIFunction<HostedAccess>
  ) throws(HostedError) -> MessageVectors {
    guard let table = messageTable(of: function) else { throw .noMessageVectors }
    // The table is in a BAR, which has to be decoded; and messages are accesses to memory.
    let command = function.configuration.read16(at: 0x04)
    function.configuration.write16(command | 0x6, at: 0x04)
    return try MessageVectors(table, memory: memory)
  }

  /// Tells the trace which addresses of the function's BARs are which structure.
  private func learnStructures(of function: PCIFunction<HostedAccess>) {
    let spaces: [VirtIOStructure.Kind: TracedAccess.Space] = [
      .common: .common, .notification: .notification, .interruptStatus: .interruptStatus,
      .device: .device,
    ]
    var places = structures(of: function).compactMap { structure in
      spaces[structure.kind].map { AccessTrace.Place(structure.window, $0, function.address) }
    }
    if let table = messageTable(of: function) {
      places.append(AccessTrace.Place(table.entries, .messageTable, function.address))
    }
    trace.learn(places, of: function.address)
  }

  /// The capabilities of a function: each its id and the offset in configuration space.
  private func capabilities(
    of function: PCIFunction<HostedAccess>
  ) -> [(id: UInt8, part: RegisterWindow<HostedAccess>)] {
    guard let registers = untraced(function.configuration) else { return [] }
    var result: [(id: UInt8, part: RegisterWindow<HostedAccess>)] = []
    var offset = UInt(registers.read8(at: 0x34)) & 0xfc
    while offset >= 0x40, result.count < 48 {
      guard let part = registers.window(at: offset, byteCount: min(24, 256 - offset)) else { break }
      result.append((part.read8(at: 0), part))
      offset = UInt(part.read8(at: 1)) & 0xfc
    }
    return result
  }

  private func structures(
    of function: PCIFunction<HostedAccess>
  ) -> [(kind: VirtIOStructure.Kind, window: RegisterWindow<HostedAccess>)] {
    capabilities(of: function).compactMap { id, part in
      guard id == 0x09, part.byteCount >= 16 else { return nil }
      let bar = Int(part.read8(at: 4))
      guard bar < 6,
        let window = function.bars[bar]?.window(
          at: UInt(part.read32(at: 8)), byteCount: UInt(part.read32(at: 12)))
      else { return nil }
      return (VirtIOStructure.Kind(rawValue: part.read8(at: 3)), window)
    }
  }

  /// - Spec: PCI Local Bus 3.0 §6.8.2 "MSI-X Capability and Table Structures"
  private func messageTable(of function: PCIFunction<HostedAccess>) -> MessageVectors.Table? {
    guard let part = capabilities(of: function).first(where: { $0.id == 0x11 })?.part else {
      return nil
    }
    let count = UInt(part.read16(at: 2) & 0x7ff) + 1
    let place = part.read32(at: 4)
    let bar = Int(place & 7)
    guard bar < 6,
      let entries = function.bars[bar]?.window(at: UInt(place & ~7), byteCount: 16 * count),
      let control = RegisterWindow(access, base: part.base + 2, byteCount: 2)
    else { return nil }
    return MessageVectors.Table(control: control, entries: entries)
  }

  private func untraced(
    _ window: RegisterWindow<HostedAccess>
  ) -> RegisterWindow<HostedAccess>? {
    RegisterWindow(access.untraced, base: window.base, byteCount: window.byteCount)
  }
}

extension AccessTrace.Place {
  init(
    _ window: RegisterWindow<HostedAccess>, _ space: TracedAccess.Space, _ function: PCIAddress
  ) {
    self.init(
      range: window.base..<window.base + window.byteCount, space: space, function: function)
  }
}
