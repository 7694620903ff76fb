/// What the device does when it gets to work: take buffers, and give them back.
extension ModelCore {
  /// Does all that can be done now.
  func work() {
    guard common.isLive, !common.isBroken, pci.isBusMaster else { return }
    for index in queues.indices where queues[index].isEnabled {
      lookAround(index)
      var hasTaken = false
      while hasUntaken(queues[index]), !common.isBroken {
        if let chain = takeNext(queues[index]) { take(chain, index) }
        hasTaken = true
      }
      askForNotifications(index, hasTaken: hasTaken)
      giveBack(index)
    }
  }

  // MARK: Taking

  private func hasUntaken(_ queue: ModelQueue) -> Bool {
    if usesPackedRing {
      guard let next = queue.packed.untaken.first else { return false }
      return next.end <= queue.packed.noticed
    }
    return queue.takenIndex != queue.noticedIndex
  }

  /// Takes the next buffer out of the ring; nil if it cannot be told from one that was taken.
  private func takeNext(_ queue: ModelQueue) -> ModelChain? {
    if usesPackedRing {
      let next = queue.packed.untaken.removeFirst()
      queue.packed.taken = next.end
      return queue.inFlight[next.id]
    }
    let slot = queue.slot(of: queue.takenIndex)
    queue.takenIndex &+= 1
    let head = UInt16(truncatingIfNeeded: memory.load(queue.availableSlotAddress(slot), 2))
    guard !queue.pending.contains(where: { $0.chain.head == head }) else { return nil }
    return queue.inFlight[head]
  }

  private func take(_ taken: ModelChain, _ index: Int) {
    let queue = queues[index]
    var chain = taken
    let head = chain.head
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
    case .outOfOrder:
      request.isOvertaken = true
      request.breaksOrder = true
    case .wrongLap: request.isOfOtherLap = true
    case .type(let type): request.put(UInt64(type), 4, at: 0)
    case .flags(let flags): request.put(UInt64(flags), 4, at: 4)
    case .fence(let fence): request.put(fence, 8, at: 8)
    case .word(let offset, let value): request.put(UInt64(value), 4, at: offset)
    case .length(let byteCount): request.byteCount = byteCount
    case .id(let id): request.id = id
    default: apply(action)
    }
  }
}
