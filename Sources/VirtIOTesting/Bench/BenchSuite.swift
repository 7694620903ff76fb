/// All boots of the Bench image that its report needs.
package struct BenchSuite: Sendable {
  /// A display's size.
  package struct Size: Sendable, Hashable, CustomStringConvertible {
    package let width: Int
    package let height: Int
    package var pixelCount: Int { width * height }
    package var description: String { "\(width)x\(height)" }
  }

  /// Those that the other drivers were measured with.
  package static let sizes = [Size(width: 1280, height: 800), Size(width: 1920, height: 1080)]
  /// The one at which ratios are judged.
  package static let large = sizes[1]

  /// The loops that show where the time of a frame goes.
  package static let frameLoops = ["present_only", "fill_present", "pattern_present"]

  /// What was counted, by polling and by interrupts; the same at each boot.
  package let polled: [Size: BenchRun.Result]
  /// The same by polling on packed queues, at the first size.
  package let packed: BenchRun.Result
  package let interrupted: BenchRun.Result
  /// What drawing costs that no driver has a part in, at the first size.
  package let painted: BenchRun.Result
  /// What was timed with one buffer and with three, boots taking turns.
  package let blocking: [Size: [BenchTimes]]
  package let pipelined: [Size: [BenchTimes]]

  /// Runs everything.
  ///
  /// - Parameters:
  ///   - image: The path of the Bench image.
  ///   - repetitions: How often to boot for what is timed.
  ///   - say: Told what comes next.
  package init(
    image: String, repetitions: Int, say: (String) -> Void
  ) async throws {
    func run(
      _ size: Size, _ arguments: String, _ purpose: BenchRun.Purpose, isPacked: Bool = false
    ) async throws -> BenchRun.Result {
      say("\(size)\(isPacked ? ", packed" : ""): \(arguments)")
      return try await BenchRun(
        image: image, width: size.width, height: size.height,
        properties: isPacked ? "packed=on" : nil, arguments: arguments, purpose: purpose
      ).run()
    }
    var polled: [Size: BenchRun.Result] = [:]
    for size in Self.sizes { polled[size] = try await run(size, "wait=poll", .counts) }
    self.polled = polled
    packed = try await run(Self.sizes[0], "wait=poll", .counts, isPacked: true)
    interrupted = try await run(Self.sizes[0], "wait=interrupt", .counts)
    painted = try await run(Self.sizes[0], "wait=poll run=painting iterations=2", .counts)
    var blocking: [Size: [BenchTimes]] = [:]
    var pipelined: [Size: [BenchTimes]] = [:]
    let times = "wait=poll iterations=10 rounds=20"
    for _ in 0..<repetitions {
      for size in Self.sizes {
        blocking[size, default: []].append(
          BenchTimes(try await run(size, "\(times) buffers=1", .times)))
        pipelined[size, default: []].append(
          BenchTimes(try await run(size, "\(times) buffers=3", .times)))
      }
    }
    self.blocking = blocking
    self.pipelined = pipelined
  }

  /// Our figures, by the ids of `peers.tsv`; but for what is not measured by booting.
  package var figures: [String: Double] {
    var figures: [String: Double] = [:]
    let size = Self.sizes[0]
    if let result = polled[size] {
      figures["frame.instructions"] = result.instructions("present_only")
      figures["cursor.instructions"] = result.instructions("cursor_move")
      figures["fill.instructions"] = result.instructions("draw_fill").map {
        $0 / Double(size.pixelCount)
      }
      figures["memory"] = result.memoryByteCount.map(Double.init)
      let loops = result.trace.loops
      if let start = loops["init"] {
        // EDID is asked for behind the first picture, and nobody waits for it.
        figures["init.commands"] = Double(
          start.commandCount - start.commands["get_edid", default: 0])
        figures["init.doorbells"] = Double(start.doorbellCount)
        figures["init.accesses"] = Double(start.accessCount)
      }
    }
    figures["frame.instructions.packed"] = packed.instructions("present_only")
    figures["cursor.instructions.packed"] = packed.instructions("cursor_move")
    let loops = interrupted.trace.loops
    if let frame = loops["present_only"], let count = interrupted.line("present_only")?.count {
      figures["frame.doorbells"] = Double(frame.doorbellCount) / Double(count)
      figures["frame.accesses"] = Double(frame.accessCount) / Double(count)
    }
    if let cursor = loops["cursor_move"], let count = interrupted.line("cursor_move")?.count {
      let moves = Double(cursor.doorbells[1, default: 0])
      // Before the loop, the cursor gets its image: that is shown by the same queue, once.
      figures["cursor.doorbells"] = (moves - 1) / Double(count)
      figures["cursor.accesses"] =
        (Double(cursor.accessCount - cursor.doorbells[0, default: 0]) - 1) / Double(count)
    }
    figures["pipelined.doorbells"] = median(
      pipelined[Self.large]?.compactMap { $0.doorbells("present_only") })
    figures["present.ratio"] = median(blocking[Self.large]?.compactMap(\.presentRatio))
    figures["pipelined.ratio"] = median(pipelined[Self.large]?.compactMap(\.pipelinedRatio))
    if let one = blocking[Self.large], let three = pipelined[Self.large] {
      figures["pipelined.gain"] = median(
        zip(three, one).compactMap { three, one in
          guard let new = three.microseconds("pattern_present"),
            let old = one.microseconds("pattern_present")
          else { return nil }
          return new / old
        })
    }
    return figures
  }
}

extension BenchRun.Result {
  fileprivate func instructions(_ name: String) -> Double? {
    line(name)?.instructionCount.map(Double.init)
  }
}

/// The middle of some numbers; nil if there are none.
package func median(_ numbers: [Double]?) -> Double? {
  guard let sorted = numbers?.sorted(), !sorted.isEmpty else { return nil }
  let middle = sorted.count / 2
  return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
