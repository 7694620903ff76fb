import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// Memory runs out at each allocation in turn: once, and from then on.
@Suite struct AllocationSweepTests {
  /// Which allocation failed, during which operation of the driver.
  private struct Pair: Hashable {
    let site: Int
    let operation: String
  }

  /// One life during which an allocation fails.
  private struct Life<P: Platform> {
    let machine: ModelMachine
    let platform: P
    let site: Int?
    let isLasting: Bool
    /// The operations that failed.
    var failed: [Pair] = []

    /// Does something that may fail, and what follows from that: if memory stays short, the same again;
    /// if there is memory again, success.
    mutating func attempt<Value: ~Copyable>(
      _ operation: String, _ body: () throws(GPUError) -> Value
    ) throws -> Value {
      do throws(GPUError) {
        return try body()
      } catch {
        #expect(Self.isOutOfMemory(error), "\(operation): \(error)")
        failed.append(Pair(site: site ?? -1, operation: operation))
      }
      machine.failAllocations(0..<0)
      return try body()
    }

    private static func isOutOfMemory(_ error: GPUError) -> Bool {
      switch error {
      case .outOfMemory, .device(.outOfMemory): true
      default: false
      }
    }

    mutating func run() throws {
      if let site { machine.failAllocations(site..<(isLasting ? .max : site + 1)) }
      let (machine, platform) = (machine, platform)
      let bridge = try machine.makeTransport()
      _ = consume bridge
      var display = try attempt("open") { () throws(GPUError) in
        guard let transport = try? machine.makeTransport() else { throw .noScanout }
        return try Display.open(transport, on: platform, waiting: patience)
      }
      try attempt("mode set") { () throws(GPUError) in try Self.present(on: &display) }
      for _ in 0..<10 {
        try attempt("frame") { () throws(GPUError) in try Self.present(on: &display) }
      }
      let image = [UInt32](repeating: 0xff00_ff00, count: 64 * 64)
      try attempt("cursor") { () throws(GPUError) in
        try display.setCursor(
          image.span, hotspotX: 0, hotspotY: 0, x: 1, y: 1, waiting: patience)
      }
      machine.setOutput(0, to: .init(width: 100, height: 30))
      _ = try display.takeDisplayEvent(waiting: patience)
      try attempt("resize") { () throws(GPUError) in try Self.present(on: &display) }
      try attempt("frame after it") { () throws(GPUError) in try Self.present(on: &display) }
      try display.close(waiting: patience)
    }

    private static func present<T: Transport & ~Copyable>(on display: inout Display<P, T>)
      throws(GPUError)
    {
      let frame = try display.nextFrame(waiting: patience)
      try display.finish(try display.present(frame), waiting: patience)
    }
  }

  /// Sweeps over all allocations of a life.
  private static func sweep<P: Platform>(
    _ configuration: ModelConfiguration, _ platform: (ModelMachine) -> P
  ) throws -> Set<Pair> {
    let whole = ModelMachine(configuration)
    var life = Life(machine: whole, platform: platform(whole), site: nil, isLasting: false)
    try life.run()
    #expect(life.failed.isEmpty)
    let siteCount = whole.allocationCount
    var pairs: Set<Pair> = []
    for site in 0..<siteCount {
      for isLasting in [false, true] {
        let machine = ModelMachine(configuration)
        var life = Life(
          machine: machine, platform: platform(machine), site: site, isLasting: isLasting)
        try life.run()
        #expect(life.failed.count == 1, "allocation \(site)")
        #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [], "allocation \(site)")
        #expect(machine.liveAllocationCount == 0, "allocation \(site)")
        pairs.formUnion(life.failed)
      }
    }
    print("allocation sweep: \(pairs.count) pairs of site and operation, \(siteCount) sites")
    #expect(pairs.count >= siteCount)
    return pairs
  }

  @Test(
    """
    F-BOUNDS, M01, M02, S9: out of memory at any allocation is a typed error, loses nothing, and \
    can be tried again
    """
  )
  func coherent() throws {
    let pairs = try Self.sweep(ModelConfiguration()) { $0.platform }
    #expect(Set(pairs.map(\.operation)) == ["open", "mode set", "cursor", "resize"])
  }

  @Test("S9: so it is with memory that is not coherent")
  func nonCoherent() throws {
    var configuration = ModelConfiguration()
    configuration.caches = ModelCacheShape(lineByteCount: 64, seed: 5, evictionOneIn: 8)
    _ = try Self.sweep(configuration) { NonCoherentModelPlatform<64>($0) }
  }

  @Test(
    "while memory stays short, the same error comes again and again, and close works all the same")
  func lasting() throws {
    let machine = ModelMachine()
    var display = try Display.open(machine.makeTransport(), on: machine.platform, waiting: patience)
    let before = machine.liveAllocationCount
    machine.failAllocations(0..<Int.max)
    let image = [UInt32](repeating: 0, count: 64 * 64)
    for _ in 0..<5 {
      var errors: [GPUError] = []
      do throws(GPUError) {
        _ = try display.nextFrame(waiting: patience)
      } catch {
        errors.append(error)
      }
      do throws(GPUError) {
        try display.setCursor(
          image.span, hotspotX: 0, hotspotY: 0, x: 0, y: 0, waiting: patience)
      } catch {
        errors.append(error)
      }
      #expect(errors.count == 2)
      #expect(errors.allSatisfy { if case .outOfMemory = $0 { true } else { false } })
      #expect(machine.liveAllocationCount == before)
    }
    try display.close(waiting: patience)
    #expect(machine.finish().filter { $0.id != "GPU-INIT-3" } == [])
    #expect(machine.liveAllocationCount == 0)
  }
}
