import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Rings that lie, under a whole display, by the ids of the catalogue of hostile devices: the queue is broken,
/// which every call says from then on, and a reset mends it.
@Suite("Hostile rings") struct RingFaultTests {
  static let rings: [Features] = [[], .packedRing, .inOrder, [.packedRing, .inOrder]]

  private static func machine(_ features: Features) -> ModelMachine {
    HostileCase.machine { $0.offeredFeatures |= features.rawValue }
  }

  /// Strikes one command of a frame; the error that ends that.
  private func strike(
    _ features: Features, _ type: UInt32, _ action: ModelFault.Action
  ) throws -> GPUError? {
    let machine = Self.machine(features)
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    machine.inject(ModelFault(on: .command(type), action))
    var error: GPUError?
    for _ in 0..<4 where error == nil { error = HostileCase.frameError(&display) }
    if case .queue(.broken) = error {
      for _ in 0..<3 { #expect(HostileCase.frameError(&display) == error) }
    }
    try HostileCase.end(display, on: machine, error == nil ? .goesOn : .reset)
    #expect(machine.violations == [])
    return error
  }

  @Test(
    "Q05, Q06, Q07, K03: ids that nobody has break the queue; a reset mends it",
    arguments: rings, [0x104, 0x105] as [UInt32])
  func ids(_ features: Features, _ type: UInt32) throws {
    for id: UInt32 in [31, 63, 64, 0x7fff, 0xffff, 0x1_ffff, .max] {
      let error = try strike(features, type, .id(id))
      guard case .queue(.broken(.usedElement)) = error else {
        Issue.record("\(id): \(String(describing: error))")
        continue
      }
    }
  }

  @Test("Q06: on a split ring an id of more than 16 bits is not the one that it looks like")
  func aliases() throws {
    for type: UInt32 in [0x104, 0x105] {
      for id in 0..<32 as Range<UInt32> {
        let error = try strike([], type, .id(id | 0x1_0000))
        #expect(error == .queue(.broken(.usedElement(id: id | 0x1_0000))))
      }
    }
  }

  @Test("Q08, K03: what is given back twice breaks the queue; a reset mends it", arguments: rings)
  func duplicates(_ features: Features) throws {
    for type: UInt32 in [0x104, 0x105] {
      guard case .queue(.broken) = try strike(features, type, .duplicate) else {
        Issue.record("\(type) twice went unnoticed")
        continue
      }
    }
  }

  @Test("Q01, Q02, Q03: a used index that jumps ahead, back or by whole rings breaks the queue")
  func jumps() throws {
    for count: UInt16 in [1, 2, 3, 63, 64, 65, 128, 0x100, 0x7fff, 0x8000, 0xff00, 0xffc0, 0xfffd] {
      guard
        case .queue(.broken(.usedIndex)) = try strike([], 0x105, .usedIndex(queue: 0, by: count))
      else {
        Issue.record("by \(count) went unnoticed")
        continue
      }
    }
  }

  @Test("Q04: a used index that moves at every look breaks the queue in time; a reset mends it")
  func moving() throws {
    let machine = Self.machine([])
    var display = try machine.open()
    #expect(HostileCase.frameError(&display) == nil)
    machine.inject(ModelFault(on: .poll, count: .max, .usedIndex(queue: 0, by: 1)))
    let start = machine.platform.now
    guard case .queue(.broken) = HostileCase.frameError(&display) else {
      Issue.record("it went unnoticed")
      return
    }
    #expect(machine.platform.now.since(start) < .milliseconds(1))
    try HostileCase.end(display, on: machine, .reset)
  }

  @Test(
    "K01, K04: used descriptors of the other lap, or elsewhere, are not seen: late, then a reset")
  func elsewhere() throws {
    for type: UInt32 in [0x104, 0x105] {
      for action in [.wrongLap, .usedIndex(queue: 0, by: 1), .usedIndex(queue: 0, by: 3)]
        as [ModelFault.Action]
      {
        switch try strike(.packedRing, type, action) {
        case .timedOut(_, needsReset: false), .queue(.broken): break
        case let error: Issue.record("\(action): \(String(describing: error))")
        }
      }
    }
  }

  @Test("Q22, G39: answers in another order are taken, where that was not agreed otherwise")
  func order() throws {
    for features: Features in [[], .packedRing] {
      for type: UInt32 in [0x104, 0x105] {
        #expect(try strike(features, type, .overtaken) == nil)
      }
    }
  }

  @Test("Q23: in order, an answer out of order breaks the queue, or is late; a reset mends it")
  func brokenOrder() throws {
    for features: Features in [.inOrder, [.packedRing, .inOrder]] {
      switch try strike(features, 0x105, .outOfOrder) {
      case .queue(.broken), .timedOut: break
      // The second of both stands for the first as well: that is what in order means.
      case .command, nil: break
      case let error: Issue.record("\(String(describing: error))")
      }
    }
  }

  @Test(
    "Q11, Q14, G06, K13: lengths beyond what there is room for are cut to it: ignored",
    arguments: rings)
  func lengths(_ features: Features) throws {
    for type: UInt32 in [0x104, 0x105] {
      for length: UInt32 in [25, 1000, 1 << 31, .max] {
        #expect(try strike(features, type, .length(length)) == nil)
      }
    }
  }

  @Test("Q12, Q13, K13: lengths below the header are request errors, and all goes on")
  func shortLengths() throws {
    for features: Features in [[], .packedRing] {
      for length in 0..<24 as Range<UInt32> {
        let machine = Self.machine(features)
        var display = try machine.open()
        machine.inject(ModelFault(on: .command(0x104), .length(length)))
        guard case .command(let failure) = HostileCase.frameError(&display) else {
          Issue.record("\(length) went unnoticed")
          continue
        }
        #expect(failure.reason == .short(byteCount: length))
        try HostileCase.end(display, on: machine, .goesOn)
      }
    }
  }

  @Test("Q15: a length on what has no room for an answer is ignored: cursor commands")
  func cursorLengths() throws {
    for length: UInt32 in [1, 24, .max] {
      let machine = Self.machine([])
      var display = try machine.open()
      let image = [UInt32](repeating: .max, count: 4096)
      machine.inject(ModelFault(on: .buffer(queue: 1), count: 40, .length(length)))
      try display.setCursor(
        image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: patience)
      for x: UInt32 in 0..<40 { try display.moveCursor(toX: x, y: 1) }
      #expect(machine.cursor(ofScanout: 0)?.x == 39)
      try HostileCase.end(display, on: machine, .goesOn)
    }
  }
}
