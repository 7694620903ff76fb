extension ModelCore {
  private func ones(_ width: Int) -> UInt64 { width >= 8 ? .max : (1 << (8 * width)) - 1 }

  /// The driver reads registers.
  func busRead(_ address: UInt64, _ width: Int) -> UInt64 {
    let value = decode(address, width, write: nil) & ones(width)
    note(.read(address: address, width: width, value: value))
    return value
  }

  /// The driver writes registers.
  func busWrite(_ address: UInt64, _ width: Int, _ value: UInt64) {
    note(.write(address: address, width: width, value: value))
    _ = decode(address, width, write: value)
  }

  /// Finds who decodes an address.
  private func decode(_ address: UInt64, _ width: Int, write: UInt64?) -> UInt64 {
    let verb = write == nil ? "read" : "write"
    let access = ModelRange(start: address, byteCount: UInt64(width))
    if configuration.bus == .memory {
      let registers = ModelRange(start: ModelMap.slot, byteCount: ModelMap.slotByteCount)
      if registers.contains(access) {
        return slotAccess(Int(address &- ModelMap.slot), width, write: write)
      }
      violate(.modelBus1, "\(verb) at \(hexadecimal(address)), which nothing decodes")
      return .max
    }
    if width == 8, address & 3 == 0, let structure = structure(at: access) {
      // No virtio register is that wide.
      _ = structure
      violate(.pciAcc4, "\(verb) of 8 bytes at once at \(hexadecimal(address))")
      return .max
    }
    guard address & UInt64(width - 1) == 0 else {
      violate(.modelBus2, "\(verb) of \(width) bytes at \(hexadecimal(address))")
      return .max
    }
    let ecam = ModelRange(start: ModelMap.ecam, byteCount: ModelMap.ecamByteCount)
    if ecam.contains(access) {
      return configurationAccess(Int(address &- ModelMap.ecam), width, write: write)
    }
    if pci.decodesMemory {
      for bar in [PCIState.structureBAR, PCIState.msixBAR] where pci.bar(bar).contains(access) {
        return barAccess(bar, address &- pci.bar(bar).start, width, write: write)
      }
    }
    violate(.modelBus1, "\(verb) at \(hexadecimal(address)), which nothing decodes")
    return .max
  }

  private func structure(at access: ModelRange) -> ModelRegister.Structure? {
    let bar = pci.bar(PCIState.structureBAR)
    guard pci.decodesMemory, bar.contains(access) else { return nil }
    let inside = ModelRange(start: access.start &- bar.start, byteCount: access.byteCount)
    return pci.windows.first { $0.range.contains(inside) }?.structure
  }

  /// An access to a BAR of the function.
  func barAccess(_ bar: Int, _ offset: UInt64, _ width: Int, write: UInt64?) -> UInt64 {
    if bar == PCIState.msixBAR { return msixAccess(offset, width, write: write) }
    let access = ModelRange(start: offset, byteCount: UInt64(width))
    // A field that is only half inside is judged by the structure.
    guard
      let window = pci.windows.first(where: {
        $0.range.contains(ModelRange(start: access.start, byteCount: 1))
      })
    else {
      // `blob_alignment` follows the configuration only where it is offered.
      let device = pci.windows.first { $0.structure == .device }?.range
      if let device, offset == device.start &+ device.byteCount {
        violate(.cfg4, "access to blob_alignment, which is not there")
      } else {
        violate(.modelBus1, "access to BAR \(bar) at \(hexadecimal(offset)), outside structures")
      }
      return .max
    }
    return structureAccess(
      window.structure, Int(offset &- window.range.start), width, write: write)
  }

  /// An access to a structure of the device, with what faults make of it.
  func structureAccess(
    _ structure: ModelRegister.Structure, _ place: Int, _ width: Int, write: UInt64?
  ) -> UInt64 {
    let register = ModelRegister(structure, place)
    guard let write else {
      let actions = faults.strike(.read(register))
      var value = structureRead(structure, place, width)
      for action in actions { value = overridden(value, by: action) }
      didRead(register, value & ones(width))
      return value
    }
    var isIgnored = false
    for action in faults.strike(.write(register)) {
      if action == .ignored { isIgnored = true } else { apply(action) }
    }
    if !isIgnored { structureWrite(structure, place, width, write) }
    return 0
  }

  /// What a fault makes of a value that is read.
  private func overridden(_ value: UInt64, by action: ModelFault.Action) -> UInt64 {
    switch action {
    case .value(let other): return UInt64(other)
    case .restless: return faults.anything()
    default:
      apply(action)
      return value
    }
  }

  private func structureRead(_ structure: ModelRegister.Structure, _ offset: Int, _ width: Int)
    -> UInt64
  {
    switch structure {
    case .common: return commonRead(offset, width)
    case .interruptStatus: return interruptStatusRead(offset, width)
    case .device: return deviceRead(offset, width)
    case .notification:
      violate(.pciNotify1, "the notification structure is read")
      return .max
    case .memoryMapped: return slotValue(offset)
    case .configurationSpace: return .max
    }
  }

  private func structureWrite(
    _ structure: ModelRegister.Structure, _ offset: Int, _ width: Int, _ value: UInt64
  ) {
    switch structure {
    case .common: commonWrite(offset, width, value)
    case .interruptStatus: violate(.modelBus1, "the interrupt status is written")
    case .device: deviceWrite(offset, width, value)
    case .notification: notify(offset, width, value)
    case .memoryMapped, .configurationSpace: break
    }
  }

  /// What a read of a register has told the driver, after all faults.
  private func didRead(_ register: ModelRegister, _ value: UInt64) {
    switch register {
    case .deviceStatus: didReadStatus(UInt8(truncatingIfNeeded: value))
    case .configGeneration: didReadGeneration(value)
    case .eventsRead: deviceConfiguration.eventsSeen |= UInt32(truncatingIfNeeded: value)
    default: break
    }
  }
}
