/// Whether a heap looks for misuse: chosen by type, so that an unchecked heap has no trace of it.
public protocol HeapChecking {
  /// Whether free memory is poisoned, and blocks are followed by canaries.
  static var isEnabled: Bool { get }
}

/// Free memory is poisoned and looked at before it is handed out again; at least 16 bytes behind
/// each block are canaries, looked at when it is freed. For debug builds.
public enum CheckedHeap: HeapChecking {
  /// Yes.
  public static var isEnabled: Bool { true }
}

/// Nothing is written or read but what the heap itself needs.
public enum UncheckedHeap: HeapChecking {
  /// No.
  public static var isEnabled: Bool { false }
}

/// The bytes that checked heaps write.
enum HeapPattern {
  static var poison: UInt8 { 0xDB }
  static var canary: UInt8 { 0xCA }

  /// How many bytes of canaries there are at least.
  static var canaryByteCount: Int { 16 }
}
