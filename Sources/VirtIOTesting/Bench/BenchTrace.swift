/// What QEMU saw of each loop of the Bench image: commands, doorbells, interrupts, register accesses.
///
/// QEMU logs each access to a register, those by which the guest prints too: so a loop's part of the
/// log ends where the guest has printed its line.
package struct BenchTrace: Sendable {
  /// What happened in one loop.
  package struct Loop: Sendable {
    /// Commands by name, as QEMU's events have them after `virtio_gpu_cmd_`; moves of the cursor too.
    package fileprivate(set) var commands: [String: Int] = [:]
    /// Doorbells, by queue.
    package fileprivate(set) var doorbells: [Int: Int] = [:]
    /// How often the device raised an interrupt for used buffers.
    package fileprivate(set) var interruptCount = 0
    /// How many accesses there were to the registers behind the device's BARs.
    package fileprivate(set) var accessCount = 0
    /// How long QEMU took for each transfer to its side, in microseconds, if the log tells times.
    package fileprivate(set) var transfers: [Double] = []
    /// How long it took from each doorbell of the control queue until QEMU began, if the log tells times.
    package fileprivate(set) var deliveries: [Double] = []
    /// How long the rest took until QEMU raised the last interrupt, if it did and the log tells times.
    package fileprivate(set) var endings: [Double] = []

    /// How many doorbells there were.
    package var doorbellCount: Int { doorbells.values.reduce(0, +) }
    /// How many commands there were.
    package var commandCount: Int { commands.values.reduce(0, +) }
  }

  /// The loops, by the names that the guest gives them. Of several rounds, all together.
  package private(set) var loops: [String: Loop] = [:]

  /// Reads a log with the events of ``BenchTrace/events``.
  package init(log: [String]) {
    var reader = Reader()
    for line in log {
      guard let name = reader.read(line) else { continue }
      loops[name, default: Loop()].add(reader.takeLoop())
    }
  }

  /// The events that it is made from.
  package static let events = [
    "virtio_gpu_cmd_*", "virtio_gpu_update_cursor", "virtio_queue_notify", "virtio_notify",
    "memory_region_ops_*",
  ]
}

extension BenchTrace.Loop {
  fileprivate mutating func add(_ other: Self) {
    commands.merge(other.commands, uniquingKeysWith: +)
    doorbells.merge(other.doorbells, uniquingKeysWith: +)
    interruptCount += other.interruptCount
    accessCount += other.accessCount
    transfers += other.transfers
    deliveries += other.deliveries
    endings += other.endings
  }
}

/// Goes through a log, line by line.
private struct Reader {
  private var loop = BenchTrace.Loop()
  private var text = ""
  /// When the last doorbell came, the last transfer began, and the last flush.
  private var bell: Double?
  private var transfer: Double?
  private var flush: Double?

  mutating func takeLoop() -> BenchTrace.Loop {
    defer { loop = BenchTrace.Loop() }
    return loop
  }

  /// The name of the loop that ends with this line of the log, if one does.
  mutating func read(_ line: String) -> String? {
    guard let event = TraceLine(line) else { return nil }
    let name = event.name
    switch name {
    case "memory_region_ops_read", "memory_region_ops_write":
      return access(event)
    case "virtio_queue_notify":
      notify(event)
    case "virtio_notify":
      loop.interruptCount += 1
      if let start = flush, let time = event.time { loop.endings.append(time - start) }
      flush = nil
    case "virtio_gpu_update_cursor":
      loop.commands["update_cursor", default: 0] += 1
    default:
      if name.hasPrefix("virtio_gpu_cmd_") { command(String(name.dropFirst(15)), at: event.time) }
    }
    return nil
  }

  private mutating func notify(_ event: TraceLine) {
    guard let queue = event.value(of: "n").flatMap({ Int($0) }) else { return }
    loop.doorbells[queue, default: 0] += 1
    if queue == 0 { bell = event.time }
  }

  private mutating func command(_ name: String, at time: Double?) {
    loop.commands[name, default: 0] += 1
    guard let time else { return }
    if let start = bell { loop.deliveries.append(time - start) }
    bell = nil
    if let start = transfer { loop.transfers.append(time - start) }
    transfer = name == "res_xfer_toh_2d" ? time : nil
    flush = name == "res_flush" ? time : nil
  }

  /// Counts an access; of those to the serial line, collects what is written.
  private mutating func access(_ event: TraceLine) -> String? {
    guard let region = event.words.last else { return nil }
    if region.hasPrefix("'virtio-pci-") || region.hasPrefix("'msix-") { loop.accessCount += 1 }
    guard region == "'pl011'", event.name.hasSuffix("write"),
      event.number(of: "addr") == 0x900_0000,
      let byte = event.number(of: "value").flatMap({ UInt8(exactly: $0) })
    else { return nil }
    guard byte == UInt8(ascii: "\n") else {
      if byte != UInt8(ascii: "\r") { text.unicodeScalars.append(Unicode.Scalar(byte)) }
      return nil
    }
    defer { text = "" }
    return BenchLine(text)?.name
  }
}
