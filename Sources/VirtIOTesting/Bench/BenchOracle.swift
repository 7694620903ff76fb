import Foundation

/// How many instructions lie between the probes of the Bench image, by QEMU's own log of each that it
/// executes: a witness against the counter that the guest reads.
package struct BenchOracle: Sendable {
  /// How many instructions each measurement had, in order, without the probes and what spins.
  package private(set) var counts: [Int] = []

  /// Where to look: everywhere but in what only sets the machine up, or runs while the driver waits.
  package static func addresses(_ symbols: ELFSymbols) -> [Range<UInt64>] {
    var ranges: [Range<UInt64>] = []
    for (symbol, next) in zip(symbols.symbols, symbols.symbols.dropFirst()) {
      let module = ImageSize.module(of: symbol.name)
      if ["KernelDeviceTree", "KernelAArch64", "VirtBoard"].contains(module) { continue }
      let isNeeded =
        symbol.name.hasPrefix("kernel_probe_") || symbol.name.hasPrefix("mem")
      if module == "KernelBoot", !isNeeded { continue }
      guard next.address > symbol.address else { continue }
      if let last = ranges.last, last.upperBound == symbol.address {
        ranges[ranges.count - 1] = last.lowerBound..<next.address
      } else {
        ranges.append(symbol.address..<next.address)
      }
    }
    return ranges
  }

  /// The probes, as the image calls them.
  private enum Probe: String, CaseIterable {
    case start = "kernel_probe_start"
    case stop = "kernel_probe_stop"
    case spinStart = "kernel_probe_spin_start"
    case spinEnd = "kernel_probe_spin_end"
  }

  /// Reads the log of a run for ``BenchRun/Purpose/instructions(at:)``.
  ///
  /// - Parameters:
  ///   - log: QEMU's.
  ///   - symbols: Those of the image.
  package init(log: [String], symbols: ELFSymbols) {
    var probes: [(range: Range<UInt64>, probe: Probe)] = []
    for (place, symbol) in symbols.symbols.enumerated() {
      guard let probe = Probe(rawValue: symbol.name) else { continue }
      // A label reaches to the next one.
      let next = symbols.symbols[place...].first { $0.address > symbol.address }
      probes.append((symbol.address..<(next?.address ?? symbol.address + 4), probe))
    }
    var meter = Meter()
    for address in Self.executed(log) {
      let probe = probes.first { $0.range.contains(address) }
      if let probe {
        if let count = meter.pass(probe.probe, isEntry: address == probe.range.lowerBound) {
          counts.append(count)
        }
      } else {
        meter.count += 1
      }
    }
  }

  /// The instructions of a log, in order. QEMU names each before it executes it, and says if it then did
  /// something else first: such a one is named again later.
  package static func executed(_ log: [String]) -> [UInt64] {
    var addresses: [UInt64] = []
    for line in log {
      if let address = address(in: line) {
        addresses.append(address)
      } else if line.hasPrefix("Stopped execution of TB chain before ") {
        _ = addresses.popLast()
      }
    }
    return addresses
  }

  /// The instruction that a line of `-d exec` names: `Trace 0: 0x... [.../ADDRESS/.../...] name`.
  private static func address(in line: String) -> UInt64? {
    guard line.hasPrefix("Trace ") else { return nil }
    let parts = line.split(separator: "/", maxSplits: 2)
    return parts.count == 3 ? UInt64(parts[1], radix: 16) : nil
  }

  /// What has been counted since the last start.
  private struct Meter {
    var count = 0
    private var beforeSpin: Int?
    private var inSpin = 0

    /// The length of the measurement, if it ends here.
    mutating func pass(_ probe: Probe, isEntry: Bool) -> Int? {
      switch probe {
      case .start: self = Meter()
      case .spinStart: if beforeSpin == nil { beforeSpin = count }
      case .spinEnd: inSpin = count - (beforeSpin ?? count)
      case .stop: if isEntry { return count - inSpin }
      }
      return nil
    }
  }
}
