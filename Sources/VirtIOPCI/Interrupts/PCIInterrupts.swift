public import VirtIO

/// The interrupts of a VirtIO function, for whoever owns the interrupt controller: by message (MSI-X),
/// or by a line (INTx).
///
/// A transport comes with messages enabled but held back by the function's mask, or without messages
/// and with the line off. So nothing interrupts until somebody asks for it, at any time:
///
/// ```swift
/// let interrupts = transport.interrupts
/// var display = try Display.open(transport, on: platform, waiting: .polling(.seconds(2)))
/// let handler = display.interruptHandler
/// if interrupts.vectorCount > 0 {
///   for vector in 0..<interrupts.vectorCount {
///     interrupts.route(vector, to: ...)  // its handler calls handler.handleInterrupt(vector: vector)
///   }
///   interrupts.unmask()
/// } else {
///   interrupts.enableLine()              // its handler calls handler.handleLineInterrupt()
/// }
/// display.enableInterrupts()
/// ```
///
/// It is a description without an owner: copies are about the same function. One context at a time
/// configures it; that may be another than the one that uses the driver.
///
/// - Spec: VirtIO 1.4 §4.1.5.1.2 "MSI-X Vector Configuration"
public struct PCIInterrupts<Access: RegisterAccess & Sendable>: InterruptSource {
  private let configuration: RegisterWindow<Access>
  private let status: RegisterWindow<Access>?
  private let common: CommonConfiguration<Access>
  /// Nil if the function has no MSI-X, says that its table is where it cannot be, or is to send no
  /// messages.
  let messages: MSIX<Access>?
  /// How many vectors the driver takes at the most.
  private let maximumVectorCount: Int

  init(
    configuration: RegisterWindow<Access>, status: RegisterWindow<Access>?,
    common: CommonConfiguration<Access>, messages: MSIX<Access>?, maximumVectorCount: Int
  ) {
    self.configuration = configuration
    self.status = status
    self.common = common
    self.maximumVectorCount = maximumVectorCount
    self.messages = maximumVectorCount > 0 ? messages : nil
  }

  // MARK: Messages

  /// How many vectors the driver uses, once it has made its queues. For a GPU:
  ///
  /// - 3: vector 0 is for the configuration, 1 for the control queue, 2 for the cursor queue;
  /// - 2: vector 0 is for the configuration, 1 for both queues;
  /// - 1: vector 0 is for everything;
  /// - 0: there are no messages, only the line.
  ///
  /// They are as many as the device has and gave, and no more than the transport was told to take.
  /// This reads registers, and selects queues: not to be called while a driver is being opened.
  public var vectorCount: Int {
    guard let messages, messages.isEnabled,
      common.readConfigurationVector() == Vector.configuration
    else { return 0 }
    var count: UInt16 = 1
    let queueCount = min(common.readQueueCount(), 64)
    var index: UInt16 = 0
    while index < queueCount {
      common.writeQueueSelect(index)
      index &+= 1
      let vector = common.readQueueVector()
      if vector == Vector.none { continue }
      // They were given out one after the other.
      guard vector <= count, Int(vector) < limit(of: messages) else { return 0 }
      count = max(count, vector &+ 1)
    }
    return Int(count)
  }

  /// How many vectors there are to give out.
  private func limit(of messages: MSIX<Access>) -> Int {
    min(maximumVectorCount, messages.entryCount)
  }

  /// Sets what a vector sends, and lets it, as far as ``unmask()`` does.
  ///
  /// - Returns: False, and nothing is done, if the device has no such vector or `message` has an
  ///   address that is no multiple of 4.
  @discardableResult
  public func route(_ vector: Int, to message: MSIMessage) -> Bool {
    guard let messages, vector >= 0, vector < messages.entryCount, message.address & 3 == 0 else {
      return false
    }
    messages.route(vector, to: message)
    return true
  }

  /// Lets out the messages of all vectors, and those that were held back first.
  public func unmask() { messages?.mask(false) }

  /// Holds back the messages of all vectors.
  public func mask() { messages?.mask(true) }

  // MARK: The line

  /// Which line it pulls: 1 to 4 for INTA to INTD, 0 if it has none.
  public var linePin: UInt8 { configuration.read8(at: ConfigurationOffset.interruptPin) }

  /// Lets the function pull its line. There are no messages from then on.
  public func enableLine() {
    messages?.disable()
    configuration.command.subtract(.interruptDisable)
  }

  /// Keeps the function from pulling its line.
  public func disableLine() { configuration.command.formUnion(.interruptDisable) }

  // MARK: For handlers

  /// What a message of a vector means. With one vector for everything, the first can mean both.
  public func causes(ofVector vector: Int) -> InterruptCauses {
    guard vector >= 0, vector < maximumVectorCount else { return [] }
    return vector == Int(Vector.configuration) ? [.configuration, .queues] : .queues
  }

  /// Reads the ISR status, which clears it and lets go of the line; nothing if the device has none.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.5 "ISR status capability"
  public func takeLineCauses() -> InterruptCauses {
    InterruptCauses(rawValue: status?.read8(at: 0) ?? 0).intersection([.queues, .configuration])
  }

  // MARK: Setting up

  /// Gives vectors to the configuration, before the first queue, and to the selected queue, which is
  /// not enabled: one of its own, as long as there are any and the device takes them, else the one of
  /// the queue before. If the device takes none, there are no messages.
  ///
  /// - Parameter supply: The vectors that were given out to the queues before.
  func assignVector(from supply: inout VectorSupply) {
    guard let messages, !supply.isClosed else { return }
    if supply.takenCount == 0 {
      common.writeConfigurationVector(Vector.configuration)
      guard common.readConfigurationVector() == Vector.configuration else {
        return messages.disable()
      }
      supply = VectorSupply(takenCount: 1, limit: limit(of: messages))
    }
    if let vector = supply.next {
      if take(vector) { return supply.takenCount &+= 1 }
      supply.limit = supply.takenCount
    }
    if !take(supply.last) { messages.disable() }
  }

  /// - Returns: False if the device has not taken it (`VIRTIO_MSI_NO_VECTOR`).
  private func take(_ vector: UInt16) -> Bool {
    common.writeQueueVector(vector)
    return common.readQueueVector() == vector
  }
}

/// The vectors that were given out, and how many there are.
struct VectorSupply {
  var takenCount = 0
  var limit = 0
  /// Whether there are none, as the line is in use.
  var isClosed = false

  /// One that nobody has.
  var next: UInt16? { takenCount < limit ? UInt16(truncatingIfNeeded: takenCount) : nil }
  /// The last one that was given out.
  var last: UInt16 { UInt16(truncatingIfNeeded: takenCount &- 1) }
}

/// Which entry of the table is for what.
private enum Vector {
  static var configuration: UInt16 { 0 }
  /// `VIRTIO_MSI_NO_VECTOR`.
  static var none: UInt16 { 0xffff }
}
