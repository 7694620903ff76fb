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
  /// Nil if the function has no MSI-X, or says that its table is where it cannot be.
  let messages: MSIX<Access>?

  init(
    configuration: RegisterWindow<Access>, status: RegisterWindow<Access>?,
    common: CommonConfiguration<Access>, messages: MSIX<Access>?
  ) {
    self.configuration = configuration
    self.status = status
    self.common = common
    self.messages = messages
  }

  // MARK: Messages

  /// How many vectors the driver uses, once it has made its queues:
  ///
  /// - 2: vector 0 is for the configuration, 1 for the queues;
  /// - 1: vector 0 is for everything, as the device has no more or gave no more;
  /// - 0: there are no messages, only the line.
  ///
  /// Queues of which the driver never wants to hear have no vector. This reads registers, and selects
  /// a queue: not to be called while a driver is being opened.
  public var vectorCount: Int {
    guard let messages, messages.isEnabled,
      common.readConfigurationVector() == Vector.configuration
    else { return 0 }
    common.writeQueueSelect(0)
    let vector = common.readQueueVector()
    return vector <= Vector.queues ? Int(vector) &+ 1 : 0
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

  /// What a message of a vector means. With one vector for everything, it can mean both.
  public func causes(ofVector vector: Int) -> InterruptCauses {
    switch vector {
    case Int(Vector.configuration): [.configuration, .queues]
    case Int(Vector.queues): .queues
    default: []
    }
  }

  /// Reads the ISR status, which clears it and lets go of the line; nothing if the device has none.
  ///
  /// - Spec: VirtIO 1.4 §4.1.4.5 "ISR status capability"
  public func takeLineCauses() -> InterruptCauses {
    InterruptCauses(rawValue: status?.read8(at: 0) ?? 0).intersection([.queues, .configuration])
  }

  // MARK: Setting up

  /// Gives vectors to the configuration and to the selected queue, which is not enabled: two if the
  /// device has them and takes them, else one, else none, and then there are no messages.
  func assignVectors() {
    guard let messages else { return }
    common.writeConfigurationVector(Vector.configuration)
    guard common.readConfigurationVector() == Vector.configuration else {
      return messages.disable()
    }
    if messages.entryCount > 1, assignQueue(Vector.queues) { return }
    if !assignQueue(Vector.configuration) { messages.disable() }
  }

  /// - Returns: False if the device has not taken it (`VIRTIO_MSI_NO_VECTOR`).
  private func assignQueue(_ vector: UInt16) -> Bool {
    common.writeQueueVector(vector)
    return common.readQueueVector() == vector
  }
}

/// Which entry of the table is for what.
private enum Vector {
  static var configuration: UInt16 { 0 }
  static var queues: UInt16 { 1 }
}
