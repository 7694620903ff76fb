public import VirtIO

/// What a driver needs of a kernel, on a ``ModelMachine`` whose device does not snoop the caches.
///
/// It hands out memory as a kernel would: zeroed by stores that are still in the caches, one piece close
/// behind the other.
public struct NonCoherentModelPlatform<let lineByteCount: Int>: Platform, Sendable {
  let machine: ModelMachine

  /// The machine has to be configured with caches of this line length.
  public init(_ machine: ModelMachine) {
    precondition(machine.withCore { $0.memory.caches?.shape.lineByteCount } == lineByteCount)
    self.machine = machine
  }

  /// Takes guest memory, zeroed; nil if there is none or this allocation is to fail.
  public func allocate(byteCount: Int, alignment: Int)
    -> NonCoherentRegion<ModelCaches<lineByteCount>>?
  {
    let found = machine.withCore { core in
      core.allocate(byteCount: byteCount, alignment: alignment).map {
        (range: $0.range, base: core.cachedAddress(of: $0.range))
      }
    }
    guard let found, let base = unsafe UnsafeMutableRawPointer(bitPattern: found.base) else {
      return nil
    }
    // SAFETY: the bytes are part of the machine's memory, which lives as long as the machine.
    return unsafe NonCoherentRegion(
      base: base, deviceAddress: DeviceAddress(rawValue: found.range.start),
      byteCount: byteCount, caches: ModelCaches(machine: machine))
  }

  /// Takes memory back, and notes if the device may still use it.
  public func free(_ region: NonCoherentRegion<ModelCaches<lineByteCount>>) {
    machine.withCore { $0.release(at: region.deviceAddress.rawValue) }
  }

  /// The time; each look takes a moment, in which the device works.
  public var now: Nanoseconds { machine.withCore { $0.readClock() } }
}

/// The caches of a ``ModelMachine``, as a driver maintains them.
public struct ModelCaches<let lineLength: Int>: CacheMaintenance {
  let machine: ModelMachine

  /// The length of a line.
  public static var lineByteCount: Int { lineLength }

  /// Writes lines back, at the latest when ``synchronize()`` is called.
  public func clean(address: UInt, byteCount: Int) {
    machine.withCore { $0.maintain(.clean, address, byteCount) }
  }
  /// Forgets lines, at the latest when ``synchronize()`` is called.
  public func invalidate(address: UInt, byteCount: Int) {
    machine.withCore { $0.maintain(.invalidate, address, byteCount) }
  }
  /// Writes lines back and forgets them, at the latest when ``synchronize()`` is called.
  public func cleanAndInvalidate(address: UInt, byteCount: Int) {
    machine.withCore { $0.maintain(.cleanAndInvalidate, address, byteCount) }
  }
  /// Does all that is left to be done, and orders it.
  public func synchronize() { machine.withCore { $0.synchronize() } }
}
