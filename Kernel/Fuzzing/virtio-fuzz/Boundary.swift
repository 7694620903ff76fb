import FuzzInputs
import FuzzTargets
import KernelFuzzTargets

/// What is fuzzed: something of the driver, or of the kernel.
enum Boundary {
  case driver(FuzzTarget)
  case kernel(KernelFuzzTarget)

  /// What they are called.
  static var names: [String] {
    FuzzTarget.allCases.map(\.rawValue) + KernelFuzzTarget.allCases.map(\.rawValue)
  }

  init?(_ name: String) {
    if let target = FuzzTarget(rawValue: name) {
      self = .driver(target)
    } else if let target = KernelFuzzTarget(rawValue: name) {
      self = .kernel(target)
    } else {
      return nil
    }
  }

  func run(_ bytes: Span<UInt8>) throws(Finding) {
    switch self {
    case .driver(let target): try target.run(bytes)
    case .kernel(let target): try target.run(bytes)
    }
  }
}
