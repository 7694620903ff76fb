import CFuzzer
import FuzzInputs
import FuzzTargets
import KernelFuzzTargets

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Runs one target of the fuzzer, whose name FUZZ_TARGET says; the arguments are libFuzzer's.
///
/// The name is no argument, as libFuzzer starts itself again with its own arguments only.
@main
struct VirtIOFuzz {
  nonisolated(unsafe) private static var target = Boundary.driver(.edid)
  /// How long the slowest input took, in nanoseconds.
  nonisolated(unsafe) private static var slowest: UInt64 = 0

  static func main() {
    let name = unsafe getenv("FUZZ_TARGET").map { unsafe String(cString: $0) } ?? ""
    guard let target = Boundary(name) else {
      print("FUZZ_TARGET is one of \(Boundary.names.joined(separator: ", "))")
      exit(2)
    }
    unsafe Self.target = target
    atexit { unsafe print("slowest: \(VirtIOFuzz.slowest) ns") }
    var count = CommandLine.argc
    var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? =
      unsafe CommandLine.unsafeArgv
    let status = unsafe LLVMFuzzerRunDriver(&count, &arguments) { start, count in
      // SAFETY: libFuzzer lends the bytes for this call.
      VirtIOFuzz.run(unsafe UnsafeBufferPointer(start: start, count: count).span)
      return 0
    }
    exit(status)
  }

  private static func run(_ bytes: Span<UInt8>) {
    let start = now()
    do throws(Finding) {
      try unsafe target.run(bytes)
    } catch {
      // It ends here, so that libFuzzer keeps the input.
      fatalError("finding: \(error)")
    }
    unsafe slowest = max(slowest, now() &- start)
  }

  private static func now() -> UInt64 {
    var time = timespec()
    _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
