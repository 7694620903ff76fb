/// The MSI-X table and its pending bits.
///
/// - Spec: VirtIO 1.4 §4.1.5.1.2 "MSI-X Vector Configuration"
struct MSIXState {
  /// `VIRTIO_MSI_NO_VECTOR`.
  static let noVector: UInt16 = 0xffff

  var entries: [[UInt32]]
  var pending: [Bool]

  init(vectorCount: Int) {
    let count = min(max(vectorCount, 0), 2048)
    // Vectors are masked until the driver unmasks them.
    entries = Array(repeating: [0, 0, 0, 1], count: count)
    pending = Array(repeating: false, count: count)
  }
}

extension ModelCore {
  /// An access to the BAR with the table.
  func msixAccess(_ offset: UInt64, _ width: Int, write: UInt64?) -> UInt64 {
    let index = Int(offset / 16)
    let word = Int(offset / 4 % 4)
    guard width == 4, offset < PCIState.pendingOffset || write == nil else {
      violate(.modelBus2, "access of \(width) bytes to the MSI-X table")
      return .max
    }
    if offset >= PCIState.pendingOffset {
      let first = Int(offset &- PCIState.pendingOffset) * 8
      return (0..<32).reduce(0) { sum, bit in
        let isPending = msix.pending.indices.contains(first + bit) && msix.pending[first + bit]
        return isPending ? sum | 1 << UInt64(bit) : sum
      }
    }
    guard msix.entries.indices.contains(index) else {
      violate(.msix4, "entry \(index) of an MSI-X table of \(msix.entries.count) is accessed")
      return .max
    }
    guard let write else { return UInt64(msix.entries[index][word]) }
    if word < 3, pci.msixIsEnabled, !pci.msixIsMasked, msix.entries[index][3] & 1 == 0 {
      violate(.modelBus5, "entry \(index) of the MSI-X table is changed while it is not masked")
    }
    msix.entries[index][word] = UInt32(truncatingIfNeeded: write)
    if word == 3 { deliverPending() }
    return 0
  }

  /// Interrupts, by message or by wire.
  func interrupt(vector: UInt16, status: UInt8) {
    guard pci.msixIsEnabled else {
      interruptStatus |= status
      if !pci.wireIsDisabled { record(.wire) }
      return
    }
    // D-PCI-ISR-2: this bit is set in every mode.
    interruptStatus |= status & 2
    guard msix.pending.indices.contains(Int(vector)) else { return }
    msix.pending[Int(vector)] = true
    deliverPending()
  }

  /// Sends the messages that wait and may go.
  func deliverPending() {
    guard pci.msixIsEnabled, !pci.msixIsMasked, pci.isBusMaster else { return }
    for index in msix.pending.indices where msix.pending[index] && msix.entries[index][3] & 1 == 0 {
      msix.pending[index] = false
      let entry = msix.entries[index]
      let address = UInt64(entry[1]) << 32 | UInt64(entry[0])
      memory.store(UInt64(entry[2]), address, 4)
      record(
        .message(vector: UInt16(truncatingIfNeeded: index), address: address, data: entry[2]))
    }
  }

  /// Whether the function pulls its line.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.5 "ISR status capability"
  var pullsLine: Bool { interruptStatus != 0 && !pci.msixIsEnabled && !pci.wireIsDisabled }

  private func record(_ interrupt: ModelInterrupt) {
    note(.interrupted(interrupt))
    if interrupts.count < 4096 { interrupts.append(interrupt) }
  }

  /// The driver reads the interrupt status, which clears it.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.5 "ISR status capability"
  func interruptStatusRead(_ offset: Int, _ width: Int) -> UInt64 {
    guard offset == 0, width == 1 else {
      violate(.pciAcc1, "interrupt status read by \(width) bytes at \(offset)")
      return 0
    }
    if pci.msixIsEnabled { violate(.pciIsr1, "the interrupt status is read, with MSI-X on") }
    defer { interruptStatus = 0 }
    return UInt64(interruptStatus)
  }
}
