import VirtIO

/// The same device behind registers in memory: each is checked by the rules of this transport, then does
/// what PCI's register of the same meaning does.
///
/// - Spec: VirtIO 1.4 §4.2 "Virtio Over MMIO"
extension ModelCore {
  /// An access to the slot.
  func slotAccess(_ offset: Int, _ width: Int, write: UInt64?) -> UInt64 {
    guard offset < SlotRegister.byteCount else {
      return slotConfigurationAccess(offset - SlotRegister.byteCount, width, write: write)
    }
    guard let register = SlotRegister.all.first(where: { $0.offset == offset & ~3 }) else {
      violate(.mmio1, "access at \(hexadecimal(UInt64(offset))), where no register is")
      return .max
    }
    guard width == 4, offset == register.offset else {
      violate(.mmio4, "\(register.name) is accessed by \(width) bytes")
      return .max
    }
    checkIdentified(register.offset, register.name)
    if slot.isUnsynchronized, register.offset != 0x044 {
      violate(.mmio19, "QueueReady is not read after 0 was written, but \(register.name) accessed")
      slot.isUnsynchronized = false
    }
    if (0x0ac...0x0bc).contains(offset) {
      violate(.mmioInit5, "\(register.name) is accessed, of no use to a driver of this device")
    }
    guard let write else { return slotRead(register) }
    guard register.isWritable else {
      violate(.mmio2, "\(register.name) is written")
      return 0
    }
    slotWrite(register, write)
    return 0
  }

  /// Judges what comes before the device is known for one that may be driven.
  private func checkIdentified(_ offset: Int, _ name: String) {
    let isFirst = offset == SlotRegister.magicValue || offset == SlotRegister.version
    if !isFirst, !slot.identified.isSuperset(of: [SlotRegister.magicValue, SlotRegister.version]) {
      violate(.mmioInit1, "\(name) is accessed before MagicValue and Version were read")
    } else if !isFirst, offset != SlotRegister.deviceID,
      !slot.identified.contains(SlotRegister.deviceID)
    {
      violate(.mmioInit2, "\(name) is accessed before DeviceID was read")
    }
    if offset != SlotRegister.magicValue, let magic = slot.identity[SlotRegister.magicValue],
      magic != 0x7472_6976
    {
      violate(.mmio8, "\(name) is accessed, with a MagicValue of \(hexadecimal(magic))")
    } else if !isFirst, let version = slot.identity[SlotRegister.version], version != 2 {
      violate(.mmio10, "\(name) is accessed, with a Version of \(version)")
    } else if !isFirst, offset != SlotRegister.deviceID, slot.identity[SlotRegister.deviceID] == 0 {
      violate(.mmioInit4, "\(name) is accessed, with a DeviceID of 0")
    }
  }

  // MARK: Reads

  private func slotRead(_ register: SlotRegister) -> UInt64 {
    guard register.isReadable else {
      violate(.mmio3, "\(register.name) is read")
      return .max
    }
    if register.offset == 0x010, !slot.selectsOffered {
      violate(.mmio14, "DeviceFeatures is read before a word was selected")
    }
    if register.offset == 0x044 { slot.isUnsynchronized = false }
    if let common = register.common {
      let width = CommonField.containing(common).map { min($0.width, 4) } ?? 4
      return structureAccess(.common, common, width, write: nil)
    }
    let value = structureAccess(.memoryMapped, register.offset, 4, write: nil)
    switch register.offset {
    case SlotRegister.magicValue, SlotRegister.version, SlotRegister.deviceID:
      slot.identified.insert(register.offset)
      slot.identity[register.offset] = value
    case 0x060: slot.causesSeen |= value
    default: break
    }
    return value
  }

  /// The value of a register that PCI has no like of.
  func slotValue(_ offset: Int) -> UInt64 {
    switch offset {
    case SlotRegister.magicValue: 0x7472_6976
    case SlotRegister.version: 2
    case SlotRegister.deviceID: 16
    case 0x034: UInt64(selected.map { queues[$0].maximumSize } ?? 0)
    case 0x060: UInt64(interruptStatus)
    default: 0xffff_ffff
    }
  }

  // MARK: Writes

  private func slotWrite(_ register: SlotRegister, _ value: UInt64) {
    switch register.offset {
    case 0x014: slot.selectsOffered = true
    case 0x020 where !slot.selectsAccepted:
      violate(.mmio15, "DriverFeatures is written before a word was selected")
    case 0x024: slot.selectsAccepted = true
    case 0x044 where value == 0: return stopQueue()
    case 0x050: return notifyFromSlot(value)
    case 0x064: return acknowledge(value)
    case 0x038, 0x080...0x0a4:
      guard checkProgramming(register, value) else { return }
    default: break
    }
    if let common = register.common {
      let width = CommonField.containing(common).map { min($0.width, 4) } ?? 4
      _ = structureAccess(.common, common, width, write: value)
    }
  }

  /// Whether a queue may be programmed now, with this.
  private func checkProgramming(_ register: SlotRegister, _ value: UInt64) -> Bool {
    guard let index = selected else { return true }
    if queues[index].reset?.isPending == true {
      violate(
        .mmio23, "\(register.name) is written before the reset of queue \(index) read as done")
      return false
    }
    if queues[index].isEnabled {
      violate(.mmio17, "\(register.name) of queue \(index) is written while it is ready")
      return false
    }
    if register.offset == 0x038, value > UInt64(queues[index].maximumSize) {
      violate(.mmio16, "QueueSize written \(value), of \(queues[index].maximumSize)")
      return false
    }
    return true
  }

  /// 0 is written to `QueueReady`.
  private func stopQueue() {
    slot.isUnsynchronized = true
    if let index = selected { queues[index] = queues[index].anew() }
  }

  /// `QueueNotify` is written: a queue's index, and what is next above it if that was agreed.
  private func notifyFromSlot(_ value: UInt64) {
    let carriesData = common.has(.notificationData)
    let index = Int(carriesData ? value & 0xffff : value)
    guard queues.indices.contains(index), queues[index].maximumSize > 0 else {
      closeConfiguration(for: "a notification", givesUp: false)
      violate(.mmioD2, "QueueNotify is written with \(value), which is no queue")
      return
    }
    notify(index * Int(configuration.notifyMultiplier), carriesData ? 4 : 2, value)
  }

  /// `InterruptACK` is written.
  private func acknowledge(_ value: UInt64) {
    if value & ~3 != 0 {
      violate(.mmio22, "InterruptACK is written with \(hexadecimal(value))")
    } else if value & ~slot.causesSeen != 0 {
      violate(.mmio21, "InterruptACK is written with \(value), of which not all was read")
    }
    slot.causesSeen &= ~value
    interruptStatus &= ~UInt8(truncatingIfNeeded: value)
  }

  // MARK: The device configuration

  private func slotConfigurationAccess(_ offset: Int, _ width: Int, write: UInt64?) -> UInt64 {
    checkIdentified(SlotRegister.byteCount + offset, "the device configuration")
    let length = configuration.offeredFeatures & 1 << 5 == 0 ? 16 : 20
    guard offset + width <= length else {
      violate(.mmio1, "access to the device configuration at \(offset), where no field is")
      return .max
    }
    guard width == 4, offset & 3 == 0 else {
      violate(.mmio7, "a field of 32 bits is accessed by \(width) bytes at \(offset)")
      return .max
    }
    return structureAccess(.device, offset, width, write: write)
  }
}
