import VirtIO

/// The insides of a ``ModelMachine``. Each structure of the device extends it, in a file of its own,
/// with what the structure does and with the rules for its use.
final class ModelCore {
  private(set) var configuration: ModelConfiguration
  let memory: GuestMemory
  var allocations: ModelAllocations
  var faults: FaultScript
  var violations: [Violation] = []

  var pci: PCIState
  var common = CommonState()
  var deviceConfiguration = DeviceConfigurationState()
  var msix: MSIXState
  var slot = SlotState()
  var interruptStatus: UInt8 = 0
  var queues: [ModelQueue]
  var gpu: GPUState
  var outputs: [ModelConfiguration.Output]
  var interrupts: [ModelInterrupt] = []

  /// A fault has it that the next FEATURES_OK will not stay.
  var refusesFeatures = false
  private(set) var pollCount: UInt64 = 0
  private(set) var clock: UInt64 = 0
  private(set) var trace: [ModelEvent] = []
  private(set) var traceDigest: UInt64 = 0xcbf2_9ce4_8422_2325

  /// No more violations are kept than this: a driver that polls in a wrong way makes many.
  private static let violationLimit = 4096

  init(_ configuration: ModelConfiguration) {
    self.configuration = configuration
    memory = GuestMemory(byteCount: min(max(configuration.memoryByteCount, 4096), 1 << 30))
    allocations = ModelAllocations(
      ModelRange(start: GuestMemory.start, byteCount: UInt64(memory.byteCount)),
      granule: configuration.caches == nil ? 64 : 16)
    faults = FaultScript(configuration)
    pci = PCIState(configuration)
    // Without PCI nothing keeps the device from memory.
    if configuration.bus == .memory { pci.write(0x6, 2, at: 0x04) }
    msix = MSIXState(vectorCount: configuration.vectorCount)
    queues = configuration.queueSizes.enumerated().map { index, size in
      ModelQueue(index: UInt16(truncatingIfNeeded: index), maximumSize: size)
    }
    outputs = Array(configuration.outputs.prefix(16))
    gpu = GPUState()
    if let shape = configuration.caches {
      memory.caches = CachedMemory(memory, shape) { [unowned self] rule, detail in
        violate(rule, detail)
      }
    }
  }

  // MARK: Notes

  /// Notes that the driver broke a rule.
  func violate(_ rule: ModelRule, _ detail: @autoclosure () -> String) {
    guard violations.count < Self.violationLimit else { return }
    violations.append(Violation(rule: rule, detail: detail()))
  }

  /// Notes what happened.
  func note(_ event: ModelEvent) {
    let words = event.words
    traceDigest = (traceDigest ^ words.0) &* 0x100_0000_01b3
    traceDigest = (traceDigest ^ words.1) &* 0x100_0000_01b3
    traceDigest = (traceDigest ^ words.2) &* 0x100_0000_01b3
    traceDigest = (traceDigest ^ words.3) &* 0x100_0000_01b3
    guard configuration.traceLimit > 0 else { return }
    // Cut down now and then only: what is kept is at least the limit once there were so many.
    if trace.count >= 2 * configuration.traceLimit {
      trace.removeFirst(trace.count - configuration.traceLimit)
    }
    trace.append(event)
  }

  /// Has the device want to be notified of other buffers.
  func setNotifications(_ notifications: ModelNotifications) {
    configuration.notifications = notifications
  }

  // MARK: Time

  /// Reads the clock; the device works meanwhile.
  func readClock() -> Nanoseconds {
    clock &+= configuration.tick.rawValue
    settleNotifications()
    poll()
    return Nanoseconds(rawValue: clock)
  }

  /// Lets the device work for a moment.
  func poll() {
    pollCount &+= 1
    for action in faults.strike(.poll) { apply(action) }
    work()
  }

  /// Does to the device what a fault says.
  func apply(_ action: ModelFault.Action) {
    switch action {
    case .needsReset: breakDevice()
    case .displayEvent: raiseDisplayEvent()
    case .interrupt: interrupt(vector: queues.first?.vector ?? MSIXState.noVector, status: 1)
    case .usedIndex(let queue, let count): moveUsedIndex(of: Int(queue), by: count)
    case .refuseFeatures: refusesFeatures = true
    case .availableEvent(let queue, let event): askForEvent(event, of: Int(queue))
    case .suppressNotifications(let suppressed):
      for index in queues.indices { suppressNotifications(suppressed, of: index) }
    default: break
    }
  }

  /// Sets DEVICE_NEEDS_RESET.
  func breakDevice() {
    common.status |= DeviceStatus.needsReset.rawValue
    if common.isLive { interrupt(vector: common.configurationVector, status: 2) }
  }

  // MARK: The end

  /// Judges what can be judged only now.
  func finish() {
    settleNotifications()
    finishCommon()
    finishDeviceConfiguration()
    finishGPU()
    let isDriven = queues.contains { $0.isEnabled }
    if !isDriven, allocations.liveCount > 0 {
      violate(
        .modelMem4,
        "\(allocations.liveCount) allocations of \(allocations.liveByteCount) bytes are lost")
    }
    checkPoison()
  }
}

extension ModelEvent {
  /// All that it consists of.
  fileprivate var words: (UInt64, UInt64, UInt64, UInt64) {
    switch self {
    case .read(let address, let width, let value): (1, address, UInt64(width), value)
    case .write(let address, let width, let value): (2, address, UInt64(width), value)
    case .load(let address, let width, let value): (3, address, UInt64(width), value)
    case .store(let address, let width, let value): (4, address, UInt64(width), value)
    case .barrier: (5, 0, 0, 0)
    case .allocation(let byteCount, let succeeded):
      (6, UInt64(truncatingIfNeeded: byteCount), succeeded ? 1 : 0, 0)
    case .release(let address): (7, address, 0, 0)
    case .taken(let queue, let head): (8, UInt64(queue), UInt64(head), 0)
    case .used(let queue, let id, let byteCount):
      (9, UInt64(queue), UInt64(id), UInt64(byteCount))
    case .interrupted(.wire): (10, 0, 0, 0)
    case .interrupted(.message(let vector, let address, let data)):
      (11, UInt64(vector), address, UInt64(data))
    }
  }
}
