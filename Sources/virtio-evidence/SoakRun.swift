import Foundation
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// A long life on the model device: frames, cursor and resizes, and now and then something that fails or breaks,
/// which is mended.
struct SoakRun {
  /// Which queues.
  enum Ring: String, CaseIterable {
    case split, packed

    fileprivate var features: UInt64 { self == .split ? 0 : Features.packedRing.rawValue }
  }

  /// Something that did not come out as it should.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let machine: ModelMachine
  private var random: ModelRandom
  private var frameCount = 0
  private var failureCount = 0
  private var recoveryCount = 0
  private var resizeCount = 0
  /// The most memory of this process, in KiB, when it had just started and at last.
  private var memory = (start: 0, end: 0)

  private static let patience = PollingWaiter(timeout: .milliseconds(20))

  init(_ ring: Ring, seed: UInt64) {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= ring.features
    configuration.traceLimit = 0
    configuration.memoryByteCount = 2 << 20
    configuration.outputs = [.init(width: 16, height: 8)]
    machine = ModelMachine(configuration)
    random = ModelRandom(seed: seed)
  }

  /// What came of it.
  var summary: String {
    "\(frameCount) frames, \(resizeCount) resizes, \(failureCount) failures, \(recoveryCount) recoveries, "
      + "\(memory.start) KiB at first, \(memory.end) KiB at last"
  }

  /// Shows so many frames, then closes: all memory has to come back, and no rule to have been broken.
  mutating func show(_ count: Int) throws {
    var display = try Display.open(
      machine.makeTransport(), on: machine.platform, buffers: .three, waiting: Self.patience)
    while frameCount < count {
      do throws(GPUError) {
        try step(&display)
      } catch {
        failureCount += 1
        if error.remedy != .retry { try recover(&display) }
      }
      if frameCount % 1000 == 0 { machine.clearCommands() }
      if frameCount == count / 10 { memory.start = Self.peakMemory }
    }
    memory.end = Self.peakMemory
    machine.clearFaults()
    try recover(&display)
    try display.close(waiting: Self.patience)
    guard machine.liveAllocationCount == 0 else {
      throw Failure(description: "\(machine.liveAllocationCount) allocations were not given back.")
    }
    // What was asked for and not had is not the driver's fault.
    let broken = machine.violations.filter {
      !["GPU-EVT-2", "GPU-INIT-2", "GPU-INIT-3"].contains($0.id)
    }
    guard broken.isEmpty else {
      throw Failure(description: "Rules were broken: \(broken.prefix(3).map(\.description))")
    }
    guard memory.end - memory.start < 4096 else {
      throw Failure(description: "Memory grows: \(summary)")
    }
  }

  /// A frame, and by chance something else.
  private mutating func step(_ display: inout Display<ModelPlatform, PCITransport<ModelAccess>>)
    throws(GPUError)
  {
    frameCount += 1
    let dice = random.next() % 4096
    if dice & 15 == 0 {
      try display.moveCursor(toX: UInt32(dice >> 4) & 15, y: 0)
    }
    switch dice {
    case 0..<4:
      resizeCount += 1
      machine.setOutput(0, to: .init(width: 16 + UInt32(dice) * 4, height: 8))
      _ = try display.takeDisplayEvent(waiting: Self.patience)
    case 5:
      machine.inject(ModelFault(on: .command(0x104), .refuse(0x1200)))
    case 6:
      machine.inject(ModelFault(on: .buffer(queue: 0), .drop))
    case 7 where random.next() & 7 == 0:
      machine.inject(ModelFault(on: .buffer(queue: 0), .id(63)))
    case 8 where random.next() & 7 == 0:
      machine.breakDevice()
    case 9 where random.next() & 7 == 0:
      machine.inject(ModelFault(on: .buffer(queue: 0), .fence(7)))
    default: break
    }
    let frame = try display.nextFrame(waiting: Self.patience)
    let presentation = try display.present(frame)
    if dice & 7 == 0 { try display.finish(presentation, waiting: Self.patience) }
  }

  private mutating func recover(_ display: inout Display<ModelPlatform, PCITransport<ModelAccess>>)
    throws
  {
    recoveryCount += 1
    var last: GPUError?
    // A fault may still lie in wait.
    for _ in 0..<4 {
      do throws(GPUError) {
        return try display.recover(waiting: Self.patience)
      } catch {
        last = error
      }
    }
    throw Failure(description: "It did not come back: \(last.map { "\($0)" } ?? "")")
  }

  /// The most memory that this process has had, in KiB: RUSAGE_SELF is 0.
  private static var peakMemory: Int {
    var usage = rusage()
    _ = unsafe getrusage(0, &usage)
    return Int(usage.ru_maxrss)
  }
}
