extension ModelCore {
  /// An access to configuration space; `offset` counts from the start of the bus.
  func configurationAccess(_ offset: Int, _ width: Int, write: UInt64?) -> UInt64 {
    let slot = offset >> 15
    let function = offset >> 12 & 7
    guard function == 0, slot <= ModelMap.deviceSlot else { return .max }
    let place = offset & 0xfff
    if slot == 0 {
      // A host bridge: an identity, and a class. Nothing to be set.
      let words: [Int: UInt64] = [0: 0x0008_1b36, 8: 0x0600_0000]
      return (words[place & ~3] ?? 0) >> (8 * UInt64(place & 3))
    }
    guard let write else { return configurationRead(place, width) }
    configurationWrite(place, width, write)
    return 0
  }

  private func configurationRead(_ offset: Int, _ width: Int) -> UInt64 {
    let data = pci.windowOffset + 16
    if offset < data + 4, offset + width > data {
      windowAccess(offset - data, width, write: nil)
    }
    var value = pci.value(at: offset, width)
    // D-PCI-ISR-4: Interrupt Status is what the interrupt status structure says.
    if offset <= 6, offset + width > 6, interruptStatus != 0, !pci.msixIsEnabled {
      value |= 8 << UInt64(8 * (6 - offset))
    }
    for action in faults.strike(.read(.configurationSpace(offset))) {
      switch action {
      case .value(let other): value = UInt64(other)
      case .restless: value = faults.anything()
      default: apply(action)
      }
    }
    return value
  }

  private func configurationWrite(_ offset: Int, _ width: Int, _ value: UInt64) {
    for action in faults.strike(.write(.configurationSpace(offset))) {
      if action == .ignored { return }
      apply(action)
    }
    let end = offset + width
    if pci.capabilities.contains(where: { $0.lowerBound < end && offset < $0.upperBound }) {
      violate(.pciCap8, "a capability is written at \(hexadecimal(UInt64(offset)))")
    }
    if offset < 0x28, end > 0x10, pci.decodesMemory {
      violate(.modelBus3, "a BAR is written while the function decodes memory")
    }
    let wasEnabled = pci.msixIsEnabled
    pci.write(value, width, at: offset)
    let window = pci.windowOffset
    if offset == window + 8 { checkWindowOffset() }
    if offset < window + 20, end > window + 16 {
      windowAccess(offset - window - 16, width, write: value)
    }
    if pci.msixIsEnabled, !wasEnabled || !pci.msixIsMasked { deliverPending() }
  }

  // MARK: The window

  private func checkWindowOffset() {
    let length = pci.value(at: pci.windowOffset + 12, 4)
    let offset = pci.value(at: pci.windowOffset + 8, 4)
    if [1, 2, 4].contains(length), offset % length != 0 {
      violate(.pciCfgacc1, "window offset \(hexadecimal(offset)) for accesses of \(length) bytes")
    }
  }

  /// `pci_cfg_data` is accessed: that is an access of a BAR.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.9 "PCI configuration access capability"
  private func windowAccess(_ offset: Int, _ width: Int, write: UInt64?) {
    let bar = Int(pci.value(at: pci.windowOffset + 4, 1))
    let start = pci.value(at: pci.windowOffset + 8, 4)
    let length = pci.value(at: pci.windowOffset + 12, 4)
    guard [1, 2, 4].contains(length) else {
      violate(.pciCfgaccD1, "the window is used with a length of \(length)")
      return
    }
    guard start % length == 0, offset == 0 else {
      violate(.pciCfgacc2, "access through the window to \(hexadecimal(start)), \(length) bytes")
      return
    }
    let range = ModelRange(start: start, byteCount: length)
    guard bar == PCIState.structureBAR, pci.windows.contains(where: { $0.range.contains(range) })
    else {
      violate(
        write == nil ? .pciCfgacc3 : .pciCfgacc4,
        "through the window: BAR \(bar) at \(hexadecimal(start)), which is no structure")
      return
    }
    let value = barAccess(bar, start, Int(length), write: write)
    if write == nil { pci.put(value, 4, at: pci.windowOffset + 16) }
  }
}
