/// What a torture came to, or has come to so far.
public struct TortureReport: Sendable {
  /// What decided the sequence of corruptions.
  public var seed: UInt64
  /// How many corruptions of each kind there were.
  public var corruptions: [String: Int] = [:]
  /// How many frames the guest has gone through.
  public var frameCount = 0
  /// How often the guest has rung a doorbell, as QEMU saw it.
  public var doorbellCount = 0
  /// How often the guest had its device start over.
  public var resetCount = 0
  /// The longest time without a frame, in microseconds of the guest.
  public var longestStall = 0
  /// How long recoveries took, in microseconds of the guest, in order of length.
  public var recoveries: [Int] = []
  /// How long it all took.
  public var time = Duration.zero
  /// At which step of the scene the last picture was exact.
  public var exactStep: Int?
  /// The pictures that were taken on the way.
  package var animation = Animation()

  /// How many corruptions there were.
  public var corruptionCount: Int { corruptions.values.reduce(0, +) }

  private func milliseconds(_ microseconds: Int) -> String {
    "\(microseconds / 1000).\(microseconds / 100 % 10) ms"
  }

  /// The recovery that so many in a thousand were faster than.
  private func recovery(_ share: Int) -> String {
    guard !recoveries.isEmpty else { return "-" }
    return milliseconds(recoveries[min(recoveries.count - 1, recoveries.count * share / 1000)])
  }

  private var doorbellsPerFrame: String {
    guard frameCount > 0 else { return "-" }
    let hundredths = 100 * doorbellCount / frameCount
    return "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
  }

  /// All of it on one line.
  public var line: String {
    "\(time.components.seconds) s: \(frameCount) frames, \(doorbellsPerFrame) doorbells a frame, "
      + "\(corruptionCount) corruptions, \(resetCount) resets, recovery \(recovery(500))"
  }

  /// All of it as a table.
  public var table: String {
    var rows = [
      ("seed", "\(seed)"), ("time", "\(time.components.seconds) s"), ("frames", "\(frameCount)"),
      ("doorbells a frame", doorbellsPerFrame), ("corruptions", "\(corruptionCount)"),
    ]
    for (kind, count) in corruptions.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      rows.append(("  \(kind)", "\(count)"))
    }
    rows += [
      ("resets, all recovered", "\(resetCount)"), ("recovery, median", recovery(500)),
      ("recovery, 99 in 100", recovery(990)), ("recovery, longest", recovery(1000)),
      ("longest time without a frame", milliseconds(longestStall)),
      ("last picture", exactStep.map { "exact, at step \($0)" } ?? "wrong"),
    ]
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width + 2 - name.count) + value
    }.joined(separator: "\n")
  }

  /// An animation of the pictures, in the form of APNG; nil if there are none.
  public func animation(milliseconds: UInt16) -> [UInt8]? {
    animation.file(milliseconds: milliseconds)
  }
}
