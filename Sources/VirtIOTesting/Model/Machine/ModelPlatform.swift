public import VirtIO

/// What a driver needs of a kernel, on a ``ModelMachine``.
public struct ModelPlatform: Platform, Sendable {
  let machine: ModelMachine

  /// Takes guest memory, zeroed; nil if there is none or this allocation is to fail.
  public func allocate(byteCount: Int, alignment: Int) -> ModelRegion? {
    let found = machine.withCore { $0.allocate(byteCount: byteCount, alignment: alignment) }
    guard let found else { return nil }
    return ModelRegion(machine: machine, number: found.number, range: found.range)
  }

  /// Takes memory back, and notes if the device may still use it.
  public func free(_ region: ModelRegion) {
    machine.withCore { $0.release(region.number) }
  }

  /// The time; each look takes a moment, in which the device works.
  public var now: Nanoseconds { machine.withCore { $0.readClock() } }
}
