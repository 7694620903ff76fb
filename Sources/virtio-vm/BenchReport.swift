import VirtIOTesting

/// What `virtio-vm bench` says, in Markdown.
struct BenchReport {
  let peers: [PeerFigure]
  let suite: BenchSuite
  let size: ImageSize
  let queue: QueueCosts
  let version: String

  private var figures: [String: Double] {
    var figures = suite.figures
    figures["text"] = Double(size.byteCount)
    return figures
  }

  /// Ours beside the best of the others, and whether it is what was wanted.
  var table: String {
    var lines = ["| | best other | ours | bound | |", "|---|---:|---:|---:|---|"]
    let figures = figures
    for row in peers {
      let other = row.figure.map { "\(Self.number($0)) (\(row.peer ?? ""))" } ?? "-"
      let own = figures[row.id]
      let verdict = own.map { $0 <= row.bound ? "met" : "not met" } ?? "not measured"
      lines.append(
        "| \(row.measure) | \(other) | \(own.map(Self.number) ?? "-") "
          + "| \(Self.number(row.bound)) | \(verdict) |")
    }
    return lines.joined(separator: "\n")
  }

  /// The whole page.
  var text: String {
    """
    # Benchmarks

    Written by `make bench` on QEMU \(version), by translation (TCG), with one processor. Counts are exact \
    and the same on every machine; times are medians, and only those of one table compare. The other \
    drivers were counted and timed by the same loops on QEMU 7.2.

    \(table)

    ## Times of a round, in microseconds

    \(times)

    ![Where the time of a frame goes](benchmarks.svg)

    ## Instructions of the driver for one round

    Drawing and the wait for the device are left out, but for `draw_fill` and `draw_pattern`, which are \
    drawing.

    \(instructions)

    ## Instructions of drawing, at \(BenchSuite.sizes[0])

    What VirtIOGraphics executes for a pixel, all over the surface unless told otherwise; of the console, for \
    a line of about 75 characters.

    \(BenchPainting(suite.painted).table)

    ## What QEMU saw of one round, at \(BenchSuite.sizes[0])

    \(counts)

    ## Code of Minimal, in bytes

    \(sizes)

    ## Submit and complete on the host, in instructions

    \(queueCosts)

    """
  }

  private var times: String {
    var lines = [
      "| | "
        + BenchSuite.sizes.map { "\($0), 1 buffer | \($0), 3 buffers" }.joined(separator: " | ")
        + " |", "|---|" + String(repeating: "---:|", count: 2 * BenchSuite.sizes.count),
    ]
    for name in ["draw_fill", "draw_pattern"] + BenchSuite.frameLoops + ["cursor_move"] {
      let cells = BenchSuite.sizes.flatMap { size in
        [suite.blocking[size], suite.pipelined[size]].map { runs in
          median(runs?.compactMap { $0.microseconds(name) }).map(Self.number) ?? "-"
        }
      }
      lines.append("| \(name) | \(cells.joined(separator: " | ")) |")
    }
    return lines.joined(separator: "\n")
  }

  private var instructions: String {
    var lines = [
      "| | " + BenchSuite.sizes.map(\.description).joined(separator: " | ")
        + " | \(BenchSuite.sizes[0]), packed |",
      "|---|" + String(repeating: "---:|", count: BenchSuite.sizes.count + 1),
    ]
    for line in suite.polled[BenchSuite.sizes[0]]?.lines ?? [] {
      let runs = BenchSuite.sizes.map { suite.polled[$0] } + [suite.packed]
      let cells = runs.map { run in
        run?.line(line.name)?.instructionCount.map(String.init) ?? "-"
      }
      lines.append("| \(line.name) | \(cells.joined(separator: " | ")) |")
    }
    return lines.joined(separator: "\n")
  }

  private var counts: String {
    var lines = [
      "| | commands | doorbells | register accesses | interrupts, if wanted |",
      "|---|---:|---:|---:|---:|",
    ]
    let loops = suite.interrupted.trace.loops
    for line in suite.interrupted.lines {
      guard let loop = loops[line.name], loop.commandCount > 0 else { continue }
      let cells = [loop.commandCount, loop.doorbellCount, loop.accessCount, loop.interruptCount]
        .map { Self.number(Double($0) / Double(line.count)) }
      lines.append("| \(line.name) | \(cells.joined(separator: " | ")) |")
    }
    return lines.joined(separator: "\n")
  }

  private var sizes: String {
    var lines = ["| | |", "|---|---:|"]
    for (module, count) in size.modules.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      lines.append("| \(module) | \(count) |")
    }
    let optional = ["KernelDeviceTree", ImageSize.enumeration].reduce(0) {
      $0 + size.modules[$1, default: 0]
    }
    lines.append("| constants | \(size.constantByteCount) |")
    lines.append("| all | \(size.byteCount) |")
    lines.append("| without device tree and PCI assignment | \(size.byteCount - optional) |")
    return lines.joined(separator: "\n")
  }

  private var queueCosts: String {
    if let absence = queue.absence { return "The cost of a queue on the host was \(absence)." }
    var lines = ["| chains of two descriptors | split | packed |", "|---|---:|---:|"]
    for count in queue.counts {
      lines.append(
        "| \(count.outstanding) outstanding | \(Self.number(count.split)) "
          + "| \(Self.number(count.packed)) |")
    }
    lines += [
      "",
      "The driver keeps no table of resources: with ten thousand of them it looks for nothing longer than "
        + "with one.",
    ]
    return lines.joined(separator: "\n")
  }

  /// Large numbers without a fraction, small ones with as much as tells something.
  static func number(_ value: Double) -> String {
    if value == value.rounded() || value >= 1000 { return String(Int(value.rounded())) }
    let scale = value >= 100 ? 10.0 : 100.0
    return String((value * scale).rounded() / scale)
  }
}
