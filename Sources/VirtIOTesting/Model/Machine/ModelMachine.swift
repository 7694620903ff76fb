import Synchronization
public import VirtIO
public import VirtIOMMIO
public import VirtIOPCI

/// A machine in this process, with memory, a PCI bus, and on it a virtio-gpu that knows the
/// specification.
///
/// The driver runs on it unchanged, through the same seams as on hardware: ``ModelAccess`` for
/// registers, ``ModelPlatform`` and ``ModelRegion`` for memory and time. Each access passes through the
/// model, in order. An access that breaks a rule is noted in ``violations`` at once; the model goes on
/// after it as well as a device can. It never traps and never waits.
///
/// ```swift
/// let machine = ModelMachine()
/// var display = try Display.open(
///   machine.makeTransport(), on: machine.platform, waiting: .polling(.seconds(1)))
/// // ...
/// #expect(machine.finish().isEmpty)
/// #expect(machine.pixels(ofScanout: 0) == picture)
/// ```
///
/// Nothing in it is left to chance: the clock moves only when somebody looks at it, the device works
/// only when it is rung or looked at, and faults come from the configuration. It may be used from
/// several threads. It has to live as long as every frame drawn on it.
///
/// - Spec: VirtIO 1.4 §4.1 "Virtio Over PCI Bus", §5.7 "GPU Device"
public final class ModelMachine: Sendable {
  private let core: Mutex<ModelCore>

  /// A machine as `configuration` says, switched on.
  public init(_ configuration: ModelConfiguration = ModelConfiguration()) {
    core = Mutex(ModelCore(configuration))
  }

  /// Does something with the insides, alone.
  func withCore<Value: Sendable>(_ body: (ModelCore) -> Value) -> Value {
    core.withLock { body($0) }
  }

  // MARK: For the driver

  /// How the driver reaches registers.
  public var access: ModelAccess { ModelAccess(machine: self) }
  /// What the driver needs of a kernel.
  public var platform: ModelPlatform { ModelPlatform(machine: self) }

  /// The host bridge of the machine, as firmware would describe it; nothing behind it is configured.
  public func makeHostBridge() -> PCIHostBridge<ModelAccess>? {
    guard
      let ecam = RegisterWindow(
        access, base: UInt(ModelMap.ecam), byteCount: UInt(ModelMap.ecamByteCount))
    else { return nil }
    return PCIHostBridge(
      ecam: ecam, firstBus: 0, lastBus: 0, io: nil,
      memory32: PCIWindow(
        pciBase: ModelMap.memory32, cpuBase: ModelMap.memory32,
        byteCount: ModelMap.memory32ByteCount),
      memory64: PCIWindow(
        pciBase: ModelMap.memory64, cpuBase: ModelMap.memory64,
        byteCount: ModelMap.memory64ByteCount))
  }

  /// Enumerates the bus as a kernel does, and finds the device.
  ///
  /// - Parameter maximumVectorCount: As the transport takes it.
  /// - Throws: ``/VirtIOPCI/PCIError``, if the driver will not take the device.
  public func makeTransport(maximumVectorCount: Int = 3) throws(PCIError)
    -> PCITransport<ModelAccess>
  {
    guard let bridge = makeHostBridge() else { throw .legacyDevice }
    _ = bridge.configure()
    let address = PCIAddress(bus: 0, device: UInt8(ModelMap.deviceSlot), function: 0)
    guard let function = bridge.function(at: address) else {
      throw .wrongDevice(vendorID: 0xffff, deviceID: 0xffff)
    }
    return try PCITransport(
      function, deviceType: 16, maximumVectorCount: maximumVectorCount)
  }

  /// The registers of the device, where it is not on PCI.
  public var slot: RegisterWindow<ModelAccess> {
    guard
      let window = RegisterWindow(
        access, base: UInt(ModelMap.slot), byteCount: UInt(ModelMap.slotByteCount))
    else { preconditionFailure("the slot lies in the address space") }
    return window
  }

  /// Finds the device, where it is not on PCI: for a configuration with that bus.
  ///
  /// - Returns: nil if the driver takes the slot for empty.
  /// - Throws: ``/VirtIOMMIO/MMIOError``, if the driver will not take the device.
  public func makeSlotTransport() throws(MMIOError) -> MMIOTransport<ModelAccess>? {
    try MMIOTransport(slot)
  }

  // MARK: What the driver has done

  /// The rules that were broken so far, in order.
  public var violations: [Violation] { withCore { $0.violations } }

  /// Judges what can be judged only at the end, and says all rules that were broken.
  ///
  /// To be called when the driver has closed the device: memory that it still has counts as lost.
  public func finish() -> [Violation] {
    withCore {
      $0.finish()
      return $0.violations
    }
  }

  /// Forgets the rules that were broken, to look at what comes next.
  public func clearViolations() { withCore { $0.violations = [] } }

  /// The latest events, as many as the configuration keeps.
  public var trace: [ModelEvent] { withCore { $0.trace } }
  /// A number that differs whenever any event differed since the machine was switched on.
  public var traceDigest: UInt64 { withCore { $0.traceDigest } }
  /// How many times queue `index` was notified.
  public func notificationCount(ofQueue index: Int) -> Int {
    withCore { $0.queues.indices.contains(index) ? $0.queues[index].notificationCount : 0 }
  }

  /// The types of all commands that the device has taken, in order.
  public var commands: [UInt32] { withCore { $0.gpu.commands } }
  /// Forgets them: in a long life they are many.
  public func clearCommands() { withCore { $0.gpu.commands.removeAll() } }

  // MARK: The world around the device

  /// What a scanout shows; nil if it is off.
  public func pixels(ofScanout index: Int) -> Picture? {
    withCore { $0.picture(ofScanout: index) }
  }

  /// The cursor of a scanout: where it is, its hot spot and its pixels; nil if there is none.
  public func cursor(ofScanout index: Int) -> ModelCursor? {
    withCore { $0.gpu.cursors.first { $0.scanout == UInt32(truncatingIfNeeded: index) } }
  }

  /// Connects, disconnects or resizes a display; the device raises an event.
  public func setOutput(_ index: Int, to output: ModelConfiguration.Output) {
    withCore { $0.setOutput(index, to: output) }
  }

  /// From now on the device wants to be notified of other buffers.
  public func setNotifications(_ notifications: ModelNotifications) {
    withCore { $0.setNotifications(notifications) }
  }

  /// Adds a fault to those that are left.
  public func inject(_ fault: ModelFault) { withCore { $0.faults.add(fault) } }
  /// The faults that have still to strike.
  public var remainingFaults: [ModelFault] { withCore { $0.faults.remaining } }
  /// Makes the device behave from here on.
  public func clearFaults() {
    withCore {
      $0.faults.removeAll()
      $0.refusesFeatures = false
    }
  }

  /// Breaks the device: it sets DEVICE_NEEDS_RESET and does nothing more.
  public func breakDevice() { withCore { $0.breakDevice() } }

  /// Lets some time pass, during which the device works.
  public func poll(_ count: Int = 1) {
    withCore { for _ in 0..<max(0, count) { $0.poll() } }
  }

  /// Takes the interrupts that came since the last time.
  public func takeInterrupts() -> [ModelInterrupt] {
    withCore { core in
      defer { core.interrupts = [] }
      return core.interrupts
    }
  }

  /// Whether the device pulls its line: until its interrupt status is read.
  public var pullsLine: Bool { withCore { $0.pullsLine } }
  /// Has the device interrupt for no reason, by a vector or, without messages, by its line.
  public func interrupt(vector: UInt16, _ causes: InterruptCauses) {
    withCore { $0.interrupt(vector: vector, status: causes.rawValue) }
  }

  // MARK: Memory

  /// Has allocations fail: those whose number, counted from 0, is in this range.
  public func failAllocations(_ range: Range<Int>) {
    withCore { $0.allocations.failing = range }
  }

  /// The device status as the driver last read it; 0 is how a device says that it was reset.
  public var lastStatusRead: UInt8 { withCore { $0.common.statusSeen } }

  /// How many allocations were asked for.
  public var allocationCount: Int { withCore { $0.allocations.requestCount } }
  /// How many of them the driver has not given back.
  public var liveAllocationCount: Int { withCore { $0.allocations.liveCount } }
  /// How many bytes those are.
  public var liveByteCount: UInt64 { withCore { $0.allocations.liveByteCount } }
  /// How many bytes the driver had at once, at the most.
  public var peakByteCount: UInt64 { withCore { $0.allocations.peakByteCount } }

  /// Writes to guest memory as a device does that has lost its way: whoever the memory is, and nobody is told.
  /// Nothing is written where there is no memory.
  public func write(_ bytes: [UInt8], at address: UInt64) {
    withCore { $0.memory.write(bytes, at: address) }
  }

  /// The bytes of guest memory at an address; none where there is no memory.
  public func bytes(at address: UInt64, count: Int) -> [UInt8] {
    withCore { $0.memory.bytes(at: address, count) }
  }
}

/// Where things are in the machine.
enum ModelMap {
  /// Where the registers of a device without PCI are.
  static let slot: UInt64 = 0x0a00_0000
  static let slotByteCount: UInt64 = 0x200
  static let ecam: UInt64 = 0x3f00_0000
  static let ecamByteCount: UInt64 = 1 << 20
  static let memory32: UInt64 = 0x1000_0000
  static let memory32ByteCount: UInt64 = 0x1000_0000
  static let memory64: UInt64 = 0x80_0000_0000
  static let memory64ByteCount: UInt64 = 1 << 30
  /// The device number of the GPU on the bus; 0 is the host bridge.
  static let deviceSlot = 1
}
