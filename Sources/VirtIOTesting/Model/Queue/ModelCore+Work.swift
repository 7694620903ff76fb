import VirtIO

/// A buffer that was taken and will be given back.
struct ModelRequest {
  var chain: ModelChain
  /// What is written to it, and what the device says that it has written.
  var response: [UInt8]
  var id: UInt32
  var byteCount: UInt32
  /// At which poll it is given back.
  var due: UInt64
  /// It waits for another one to be given back before it.
  var isOvertaken = false
  var isDuplicated = false
  var isDropped = false
  /// What the device reads until then, with fingerprints.
  var sources: [(range: ModelRange, fingerprint: UInt64)] = []
}

/// What the device does when it gets to work: take buffers, and give them back.
extension ModelCore {
  /// A buffer that waits to be overtaken gives up after so many polls.
  private static var patience: UInt64 { 64 }

  /// Does all that can be done now.
  func work() {
    guard common.isLive, !common.isBroken, pci.isBusMaster else { return }
    for index in queues.indices where queues[index].isEnabled {
      while queues[index].takenIndex != queues[index].noticedIndex, !common.isBroken { take(index) }
      if usesEventIndex {
        memory.store(
          UInt64(queues[index].takenIndex), queues[index].availableEventAddress, 2)
      }
      giveBack(index)
    }
  }

  // MARK: Taking

  private func take(_ index: Int) {
    let queue = queues[index]
    let slot = queue.slot(of: queue.takenIndex)
    queues[index].takenIndex &+= 1
    let head = UInt16(truncatingIfNeeded: memory.load(queue.availableSlotAddress(slot), 2))
    guard var chain = queue.inFlight[head],
      !queue.pending.contains(where: { $0.chain.head == head })
    else { return }
    note(.taken(queue: queue.index, head: head))
    checkIntact(chain, index)
    chain.request = bytes(of: chain)
    var request = ModelRequest(
      chain: chain, response: [], id: UInt32(head), byteCount: 0, due: pollCount)
    // D-STATUS-3: what cannot be followed cannot be given back either.
    guard chain.isUsable else {
      breakDevice()
      return
    }
    let command = CommandReader(bytes: chain.request)
    var actions = faults.strike(.command(command.type))
    actions += faults.strike(.buffer(queue: queue.index))
    if let action = faults.strikeByChance() { actions.append(action) }
    var refusal: UInt32?
    for case .refuse(let type) in actions { refusal = type }
    noteRequest(command)
    if let refusal {
      noteRefusal(command)
      request.response = command.response(refusal)
    } else {
      execute(command, index, &request)
    }
    request.byteCount = UInt32(min(request.response.count, chain.capacity))
    for action in actions { spoil(&request, action) }
    queues[index].inFlight[head]?.filledResource = request.chain.filledResource
    if request.due > pollCount || request.isOvertaken {
      for index in request.sources.indices {
        let range = request.sources[index].range
        request.sources[index].fingerprint = memory.fingerprint(
          of: range.start, Int(range.byteCount))
      }
    } else {
      request.sources = []
    }
    queues[index].pending.append(request)
  }

  /// What a fault makes of a request that was done.
  private func spoil(_ request: inout ModelRequest, _ action: ModelFault.Action) {
    switch action {
    case .delay(let polls): request.due = pollCount &+ UInt64(max(0, polls))
    case .drop: request.isDropped = true
    case .duplicate: request.isDuplicated = true
    case .overtaken: request.isOvertaken = true
    case .type(let type): request.put(UInt64(type), 4, at: 0)
    case .flags(let flags): request.put(UInt64(flags), 4, at: 4)
    case .fence(let fence): request.put(fence, 8, at: 8)
    case .word(let offset, let value): request.put(UInt64(value), 4, at: offset)
    case .length(let byteCount): request.byteCount = byteCount
    case .id(let id): request.id = id
    default: apply(action)
    }
  }

  /// Whether what was handed over is as it was.
  private func checkIntact(_ chain: ModelChain, _ index: Int) {
    if bytes(of: chain) != chain.request {
      violate(.design7, "the request \(chain.head) of queue \(index) was changed in flight")
    }
  }

  // MARK: Giving back

  private func giveBack(_ index: Int) {
    let old = queues[index].usedIndex
    var hasProgress = true
    while hasProgress, !common.isBroken {
      hasProgress = false
      for position in queues[index].pending.indices {
        let request = queues[index].pending[position]
        guard request.due <= pollCount, !request.isDropped else { continue }
        if request.isOvertaken, pollCount &- request.due < Self.patience { continue }
        queues[index].pending.remove(at: position)
        complete(request, index)
        // Those before it have been overtaken now.
        for other in queues[index].pending.indices.prefix(position) {
          queues[index].pending[other].isOvertaken = false
        }
        hasProgress = true
        break
      }
    }
    if queues[index].usedIndex != old { announce(index, from: old) }
  }

  private func complete(_ request: ModelRequest, _ index: Int) {
    checkIntact(request.chain, index)
    for source in request.sources
    where memory.fingerprint(of: source.range.start, Int(source.range.byteCount))
      != source.fingerprint
    {
      violate(
        .design7, "pixels at \(hexadecimal(source.range.start)) were changed during their transfer")
    }
    var rest = request.response[...]
    for range in request.chain.writable {
      let part = rest.prefix(Int(range.byteCount))
      memory.write(Array(part), at: range.start)
      rest = rest.dropFirst(part.count)
    }
    for _ in 0..<(request.isDuplicated ? 2 : 1) {
      let queue = queues[index]
      let address = queue.usedSlotAddress(queue.slot(of: queue.usedIndex))
      memory.store(UInt64(request.id), address, 4)
      memory.store(UInt64(request.byteCount), address &+ 4, 4)
      queues[index].usedIndex &+= 1
      note(.used(queue: queue.index, id: request.id, byteCount: request.byteCount))
    }
    memory.store(UInt64(queues[index].usedIndex), queues[index].usedIndexAddress, 2)
    queues[index].unseen.append((queues[index].usedIndex, request.chain.head))
  }

  /// Interrupts, if the driver asks for it.
  ///
  /// - Spec: VirtIO 1.4 §2.7.7.2 "Device Requirements: Used Buffer Notification Suppression"
  private func announce(_ index: Int, from old: UInt16) {
    let queue = queues[index]
    let isWanted: Bool
    if usesEventIndex {
      let event = UInt16(truncatingIfNeeded: memory.load(queue.usedEventAddress, 2))
      isWanted = crosses(event, from: old, to: queue.usedIndex)
    } else {
      isWanted = memory.load(queue.addresses[1], 2) & 1 == 0
    }
    if isWanted { interrupt(vector: queue.vector, status: 1) }
  }

  // MARK: Faults of the ring

  /// Moves the used index without a reason.
  func moveUsedIndex(of index: Int, by count: UInt16) {
    guard queues.indices.contains(index), queues[index].isEnabled else { return }
    queues[index].usedIndex &+= count
    memory.store(UInt64(queues[index].usedIndex), queues[index].usedIndexAddress, 2)
  }

  /// Says when a notification is wanted.
  func askForEvent(_ event: UInt16, of index: Int) {
    guard queues.indices.contains(index), queues[index].isEnabled, usesEventIndex else { return }
    memory.store(UInt64(event), queues[index].availableEventAddress, 2)
  }

  /// Says whether notifications are wanted.
  func suppressNotifications(_ suppressed: Bool, of index: Int) {
    guard queues[index].isEnabled, !usesEventIndex else { return }
    memory.store(suppressed ? 1 : 0, queues[index].usedFlagsAddress, 2)
  }
}

extension ModelRequest {
  /// Changes the response, which may become longer by it.
  fileprivate mutating func put(_ value: UInt64, _ width: Int, at offset: Int) {
    guard offset >= 0, offset <= 4096 else { return }
    while response.count < offset + width { response.append(0) }
    for index in 0..<width {
      response[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
    }
  }
}
