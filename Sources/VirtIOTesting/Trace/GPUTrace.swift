/// What went on between the driver of a GPU and the device, frame by frame, as QEMU's log has it.
///
/// A frame is shown by its flush. What follows belongs to the next one, but for the interrupt that tells of
/// this one, and questions that were asked in one batch with it.
package struct GPUTrace: Sendable, Equatable {
  /// A thing that happened, perhaps several times on end.
  package struct Event: Sendable, Equatable {
    /// What kind of thing it is.
    package enum Kind: String, Sendable {
      /// The driver told the device of new requests.
      case doorbell
      /// The device began to carry out a command.
      case command
      /// The device raised an interrupt for answers.
      case interrupt
    }

    /// What kind of thing it is.
    package let kind: Kind
    /// When it first happened, in microseconds; nil if the log tells no times.
    package let time: Double?
    /// Which command it is, with its arguments, or which queue.
    package let text: String
    /// How often it happened, without anything else in between.
    package fileprivate(set) var count = 1

    /// Whether it belongs to the frame before, right behind a flush.
    fileprivate var endsFrame: Bool { kind == .interrupt || text.hasPrefix("GET_") }
  }

  /// What led to one picture.
  package struct Frame: Sendable, Equatable {
    /// What happened, in order.
    package fileprivate(set) var events: [Event] = []

    /// How often something of a kind happened.
    package func count(_ kind: Event.Kind) -> Int {
      events.reduce(0) { $1.kind == kind ? $0 + $1.count : $0 }
    }

    fileprivate mutating func add(_ event: Event) {
      if let last = events.last, (last.kind, last.text) == (event.kind, event.text) {
        events[events.count - 1].count += 1
      } else {
        events.append(event)
      }
    }
  }

  /// The frames, the first of which begins with the driver's first doorbell.
  package private(set) var frames: [Frame] = []
  /// What came after the last flush, and did not lead to another.
  package private(set) var rest = Frame()
  /// Whether there is a trace event in the log at all: each machine with a GPU resets it before it runs.
  package private(set) var hasEvents = false

  /// Reads a log with the events of ``events``.
  package init(log: [String]) {
    let lines = log.compactMap { TraceLine($0) }
    var names = GPUQueueNames(lines)
    for line in lines {
      guard Self.events.contains(where: { Self.matches($0, line.name) }) else { continue }
      hasEvents = true
      guard let event = names.event(line) else { continue }
      if event.endsFrame, rest.events.isEmpty, !frames.isEmpty {
        frames[frames.count - 1].add(event)
        continue
      }
      rest.add(event)
      guard line.name == Self.flush else { continue }
      frames.append(rest)
      rest = Frame()
    }
  }

  /// The events that it is made from, by QEMU's names or patterns.
  package static let events = [
    "virtio_gpu_cmd_*", "virtio_gpu_update_cursor", "virtio_queue_notify", "virtio_notify",
    "virtio_set_status",
  ]

  private static let flush = "virtio_gpu_cmd_res_flush"

  /// Whether a pattern of QEMU's means an event.
  static func matches(_ pattern: String, _ name: some StringProtocol) -> Bool {
    pattern.hasSuffix("*") ? name.hasPrefix(pattern.dropLast()) : name == pattern
  }

  /// How many flushes a log has.
  package static func frameCount(_ log: [String]) -> Int {
    log.count { TraceLine($0)?.name == flush[...] }
  }

  /// Which of the events a QEMU does not know that lists these.
  package static func missingEvents(in known: Set<String>) -> [String] {
    events.filter { pattern in !known.contains { matches(pattern, $0) } }
  }
}
