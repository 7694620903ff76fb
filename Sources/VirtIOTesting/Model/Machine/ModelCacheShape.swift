/// What the caches of a ``ModelMachine`` are like, if its device does not snoop them.
public struct ModelCacheShape: Equatable, Sendable {
  /// The length of a line in bytes, a power of two from 16 on.
  public var lineByteCount: Int
  /// What chance is made of.
  public var seed: UInt64
  /// Each time that the caches are told something, one of so many times a line is evicted, and what was
  /// asked for is done at once, or the device works meanwhile; 0 for caches that keep everything for as long as they may.
  public var evictionOneIn: UInt64

  /// Caches with lines of this length, which keep everything unless `evictionOneIn` says otherwise.
  public init(lineByteCount: Int, seed: UInt64 = 0, evictionOneIn: UInt64 = 0) {
    self.lineByteCount = lineByteCount
    self.seed = seed
    self.evictionOneIn = evictionOneIn
  }
}
