/// Walks page tables as the CPU does, knowing nothing of how they were made.
///
/// - Spec: Arm Architecture Reference Manual, D8.3 "Translation table descriptor formats"
@safe
struct TableWalker {
  private let root: UnsafeMutablePointer<UInt64>

  init(root: UnsafeMutablePointer<UInt64>) {
    unsafe self.root = root
  }

  /// What an access at exception level 1 meets.
  struct Translation: Equatable {
    var output: UInt64
    var memory: Memory
    var isWritable = false
    var isExecutable = false
    /// Log2 of what the entry maps.
    var shift: UInt64 = 12

    /// What `MAIR_EL1` says of the entry's attribute index, as the boot code sets it.
    enum Memory: UInt64 {
      case deviceNGnRnE = 0
      case writeBackInnerShareable = 1
    }
  }

  /// Where an address leads; nil if an access would be a fault.
  func look(up address: UInt64) -> Translation? {
    var table = unsafe root
    for shift: UInt64 in [39, 30, 21, 12] {
      let entry = unsafe table[Int(address >> shift & 511)]
      let bits = { (low: UInt64, count: UInt64) in entry >> low & ((1 << count) - 1) }
      guard bits(0, 1) == 1 else { return nil }
      if bits(1, 1) == 1, shift > 12 {
        // A table: this kernel restricts nothing from above.
        guard bits(59, 5) == 0,
          let next = unsafe UnsafeMutablePointer<UInt64>(bitPattern: UInt(bits(12, 36) << 12))
        else { return nil }
        unsafe table = next
        continue
      }
      // A block at the lowest level, or a leaf at the highest, is reserved; so are these bits of a
      // block's address. Without the access flag there is a fault.
      let offset: UInt64 = (1 << shift) - 1
      let start = bits(12, 36) << 12
      guard shift < 39, shift > 12 || bits(1, 1) == 1, start & offset == 0, bits(10, 1) == 1,
        let memory = Translation.Memory(rawValue: bits(2, 3))
      else { return nil }
      if memory == .writeBackInnerShareable, bits(8, 2) != 3 { return nil }
      let isReadOnly = bits(7, 1) == 1
      let isPrivileged = bits(6, 1) == 0
      guard isPrivileged else { return nil }
      return Translation(
        output: start | address & offset, memory: memory, isWritable: !isReadOnly,
        isExecutable: bits(53, 1) == 0 || bits(54, 1) == 0, shift: shift)
    }
    return nil
  }
}
