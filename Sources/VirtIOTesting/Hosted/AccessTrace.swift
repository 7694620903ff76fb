import Synchronization
import VirtIOPCI

/// Records the register accesses that a driver makes.
///
/// ```swift
/// machine.trace.start()
/// let presentation = try display.present(frame)
/// #expect(machine.trace.stop().map(\.description) == ["write16 notification 0x0 = 0x0"])
/// ```
public final class AccessTrace: Sendable {
  /// Where the registers of one kind lie.
  struct Place: Sendable {
    let range: Range<UInt>
    let space: TracedAccess.Space
    /// Nil for a device without PCI.
    let function: PCIAddress?
  }

  private struct State {
    var isRecording = false
    var accesses: [TracedAccess] = []
    var places: [Place] = []
  }

  private let ecam: Range<UInt>
  private let state = Mutex(State())

  init(ecam: Range<UInt>) {
    self.ecam = ecam
  }

  /// Forgets what was recorded, and records from now on.
  public func start() {
    state.withLock { state in
      state.accesses = []
      state.isRecording = true
    }
  }

  /// Stops recording.
  ///
  /// - Returns: The accesses since ``start()``, in order.
  @discardableResult
  public func stop() -> [TracedAccess] {
    state.withLock { state in
      state.isRecording = false
      return state.accesses
    }
  }

  /// The accesses since ``start()``, while it goes on.
  public var accesses: [TracedAccess] { state.withLock { $0.accesses } }

  /// Says where the structures of a function lie; what it said of that function before is forgotten.
  func learn(_ places: [Place], of function: PCIAddress) {
    state.withLock { state in
      state.places.removeAll { $0.function == function }
      state.places += places
    }
  }

  /// Says where the registers of a device without PCI lie; what it said of that place before is forgotten.
  func learn(_ places: [Place], at range: Range<UInt>) {
    state.withLock { state in
      state.places.removeAll { $0.range.overlaps(range) }
      state.places += places
    }
  }

  func append(_ address: UInt, width: Int, isWrite: Bool, value: UInt64) {
    state.withLock { state in
      guard state.isRecording else { return }
      let place = place(of: address, in: state.places)
      state.accesses.append(
        TracedAccess(
          address: address, width: width, isWrite: isWrite, value: value,
          space: place?.space ?? .other, offset: address - (place?.range.lowerBound ?? 0),
          function: place?.function))
    }
  }

  private func place(of address: UInt, in places: [Place]) -> Place? {
    if ecam.contains(address) {
      let offset = address - ecam.lowerBound
      let function = PCIAddress(
        bus: UInt8(truncatingIfNeeded: offset >> 20), device: UInt8(offset >> 15 & 31),
        function: UInt8(offset >> 12 & 7))
      let start = address & ~0xfff
      return Place(range: start..<start + 4096, space: .configuration, function: function)
    }
    return places.first { $0.range.contains(address) }
  }
}

extension Sequence<TracedAccess> {
  /// How many accesses went to registers of this kind.
  public func count(in space: TracedAccess.Space) -> Int {
    reduce(0) { $0 + ($1.space == space ? 1 : 0) }
  }

  /// How many doorbells were rung.
  public var doorbellCount: Int { count(in: .notification) }

  /// How many accesses went to the device, not to configuration space.
  public var countInBARs: Int { reduce(0) { $0 + ($1.isInBAR ? 1 : 0) } }
}
