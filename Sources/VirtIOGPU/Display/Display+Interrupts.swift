public import VirtIO

extension Display where T: ~Copyable {
  /// What a kernel's handlers call; see ``/VirtIO/InterruptHandler``.
  public typealias Handler = InterruptHandler<T.Interrupts>

  /// For the kernel's own handlers of this device's interrupts: to be called in interrupt context,
  /// while the display is used elsewhere.
  ///
  /// It is a value that can be copied and kept. Before ``close(waiting:)``, have the interrupts masked
  /// and see to it that no handler is running, as the memory in which it leaves word goes back then.
  public var interruptHandler: Handler {
    InterruptHandler(latch: control.interruptLatch, source: device.interrupts)
  }

  /// Has the device interrupt for what it has done, from now on; a display that was opened by polling
  /// goes on with all that it has. Does not block.
  ///
  /// To be called when the interrupts are routed to ``interruptHandler``. The cursor queue stays silent,
  /// as nobody waits for it. With interrupts, ``takeDisplayEvent(waiting:)`` costs nothing until one has
  /// come.
  ///
  /// - Spec: VirtIO 1.4 §2.7.7 "Used Buffer Notification Suppression"
  public mutating func enableInterrupts() {
    stopStanding()
    control.suppressInterrupts(false)
    // What came before nobody has heard of.
    control.interruptLatch.signal([.queues, .configuration])
    // A queue that is broken says so to whoever needs it.
    try? control.drain()
  }

  /// Has the device be silent again about what it has done, and looks at its registers for events. It
  /// may still interrupt, if it does not heed that or if a display changes. Does not block.
  public mutating func disableInterrupts() {
    control.suppressInterrupts(true)
  }

  /// Whether to look at the device's registers for an event: always, unless an interrupt would tell.
  mutating func suspectsConfigurationChange() -> Bool {
    if control.suppressesInterrupts { return true }
    let isSuspect = configurationIsSuspect
    configurationIsSuspect = false
    return control.interruptLatch.takeConfigurationChange() || isSuspect
  }

  /// Has ``hearsOfReset()`` tell only of what comes from now on. Where all interrupts are one, each frame
  /// leaves word of a change, and none is to cost a register.
  mutating func beginListening() {
    if control.suppressesInterrupts { return }
    if control.interruptLatch.takeConfigurationChange() { configurationIsSuspect = true }
  }

  /// Whether an interrupt has told of a change, and that is that the device needs a reset: so whoever waits
  /// need not wait on. One register read for each such interrupt; to be asked only when what is waited for
  /// is not there.
  mutating func hearsOfReset() -> Bool {
    guard !control.suppressesInterrupts, control.interruptLatch.takeConfigurationChange() else {
      return false
    }
    // It may have been about the displays too.
    configurationIsSuspect = true
    return needsReset()
  }
}

extension Display where P: InterruptPlatform, T: ~Copyable {
  /// Sleeps on the display's own platform for at most `timeout`, until ``interruptHandler`` is called.
  ///
  /// ```swift
  /// let frame = try display.nextFrame(waiting: display.interruptWaiter(timeout: .seconds(1)))
  /// ```
  public func interruptWaiter(timeout: Nanoseconds) -> InterruptWaiter<P> {
    InterruptWaiter(control.interruptLatch, on: platform, timeout: timeout)
  }
}
