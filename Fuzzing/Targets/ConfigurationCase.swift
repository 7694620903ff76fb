import FuzzInputs
import VirtIO
import VirtIOPCI

/// PCI functions whose configuration space says what an input says: one alone whose BARs are known, or a few on
/// two buses that have to be found, numbered and placed first.
struct ConfigurationCase {
  private let input: FuzzInput
  private let choice: UInt8

  init(_ bytes: Span<UInt8>) {
    input = FuzzInput(bytes)
    choice = input.byte()
  }

  func run() throws(Finding) {
    if choice & 1 != 0 { try enumerate() } else { try find() }
  }

  /// A value that is not always the same, if the input says so and goes on.
  private func restless(_ value: UInt32) -> UInt32 {
    guard choice & 2 != 0, !input.isOver else { return value }
    let byte = input.byte()
    return byte < 0xe0 ? value : value ^ UInt32(byte & 0x1f) << (UInt32(input.byte()) & 31)
  }

  // MARK: One function

  private static var base: UInt { 0x1000_0000 }
  private static func bar(_ index: Int) -> UInt { 0x8000_0000 + UInt(index) * 0x100_0000 }

  private func find() throws(Finding) {
    let byteCount: UInt = choice & 4 != 0 ? 4096 : 256
    var windows = [Self.base..<Self.base + byteCount]
    var lengths: [UInt] = []
    for index in 0..<6 {
      // 16 bytes to 8 MiB, or none.
      let shift = input.byte() & 0x1f
      lengths.append(shift < 4 || shift > 23 ? 0 : 1 << UInt(shift))
      windows.append(Self.bar(index)..<Self.bar(index) + lengths[index])
    }
    let behaviour = input.take(choice & 2 != 0 ? 200 : 0)
    var space = [UInt8](input.rest.prefix(Int(byteCount)))
    space += [UInt8](repeating: 0, count: Int(byteCount) - space.count)
    if choice & 8 == 0 { space.replaceSubrange(0..<4, with: [0xf4, 0x1a, 0x50, 0x10]) }
    if choice & 16 == 0 { space[6] |= 0x10 }
    if choice & 32 == 0 { space[0xe] = 0 }
    let restless = FuzzInput([UInt8](behaviour).span)
    let log = RegisterLog(windows: windows, limit: 2000) { address, width in
      let isConfiguration = address < Self.base + byteCount && address >= Self.base
      let value = isConfiguration ? space.number(at: Int(address - Self.base), width) : 0
      guard !restless.isOver else { return value }
      let byte = restless.byte()
      return byte < 0xe0 ? value : value ^ UInt32(byte & 0x1f) << (UInt32(restless.byte()) & 31)
    } write: { address, width, value in
      guard address >= Self.base, address < Self.base + byteCount else { return }
      // The command register, and the control of MSI-X wherever it is.
      let offset = Int(address - Self.base)
      if offset == 4 || offset >= 0x40 { space.set(value, at: offset, width) }
    }
    guard
      let configuration = RegisterWindow(
        LoggedAccess(log: log), base: Self.base, byteCount: byteCount)
    else { return }
    let bars = FixedArray<6, RegisterWindow<LoggedAccess>?> { index in
      RegisterWindow(LoggedAccess(log: log), base: Self.bar(index), byteCount: lengths[index])
    }
    let function = PCIFunction(
      address: PCIAddress(bus: 0, device: 1, function: 0), configuration: configuration, bars: bars)
    try use(function, log, lengths)
  }

  private func use(
    _ function: PCIFunction<LoggedAccess>, _ log: RegisterLog, _ lengths: [UInt]
  ) throws(Finding) {
    do throws(PCIError) {
      let transport = try PCITransport(
        function, deviceType: 16, maximumVectorCount: Int(choice >> 6))
      let interrupts = transport.interrupts
      let vectorCount = interrupts.vectorCount
      for vector in -1...vectorCount {
        _ = interrupts.route(vector, to: MSIMessage(address: 0xfee0_0000, data: 1))
        _ = interrupts.causes(ofVector: vector)
      }
      _ = interrupts.route(2047, to: MSIMessage(address: 0xfee0_0000, data: 1))
      interrupts.unmask()
      interrupts.mask()
      interrupts.enableLine()
      _ = interrupts.takeLineCauses()
      interrupts.disableLine()
      for offset: UInt in [0, 4, 8, 12, 4096] { _ = transport.readConfiguration32(at: offset) }
      transport.writeConfiguration32(1, at: 4)
      _ = transport.readOfferedFeatures()
      _ = transport.honouredFeatures
      try check(transport, lengths)
    } catch {
      var sink = CountingSink()
      error.describe(to: &sink)
      if sink.count == 0 { throw Finding("capabilities: an error says nothing") }
    }
    try log.judge()
  }

  private func check(_ transport: borrowing PCITransport<LoggedAccess>, _ lengths: [UInt])
    throws(PCIError)
  {
    for index in 0..<4 {
      guard let region = transport.sharedMemory[index] else { continue }
      let length = UInt64(lengths[Int(region.bar)])
      // It ends here: the transport did not throw.
      if region.offset > length || region.byteCount > length - region.offset {
        fatalError("finding: shared memory lies outside its BAR")
      }
    }
    if let place = transport.configurationAccess, !(0x40...0xf8 ~= place) {
      fatalError("finding: a capability lies at \(place)")
    }
  }

  // MARK: Many functions

  private static var ecam: UInt { 0x4000_0000 }
  private static var memory32: UInt64 { 0x1000_0000 }
  private static var memory64: UInt64 { 0x80_0000_0000 }

  private func enumerate() throws(Finding) {
    let busCount: UInt = 3
    let count = input.number(below: 6) + 1
    var functions: [UInt: PlannedFunction] = [:]
    for index in 0..<UInt(count) {
      // The first is on the first bus, where a walk begins.
      let place = index == 0 ? 0 : UInt(input.byte()) & 0x9f
      let slot = UInt(place >> 7) << 8 | UInt(place & 0x1f) << 3 | UInt(index & 1)
      functions[slot] = PlannedFunction(input)
    }
    let windows = [
      Self.ecam..<Self.ecam + busCount << 20,
      UInt(Self.memory32)..<UInt(Self.memory32) + 1 << 28,
      UInt(Self.memory64)..<UInt(Self.memory64) + 1 << 30,
    ]
    let log = RegisterLog(windows: windows, limit: 200_000) { address, width in
      guard address >= Self.ecam, address < Self.ecam + busCount << 20 else { return 0 }
      let slot = (address - Self.ecam) >> 12
      guard let function = functions[slot] else { return .max }
      return restless(function.bytes.number(at: Int(address & 0xfff), width))
    } write: { address, width, value in
      guard address >= Self.ecam, address < Self.ecam + busCount << 20 else { return }
      functions[(address - Self.ecam) >> 12]?.write(value, at: Int(address & 0xfff), width)
    }
    guard
      let ecam = RegisterWindow(
        LoggedAccess(log: log), base: Self.ecam, byteCount: busCount << 20)
    else { return }
    let bridge = PCIHostBridge(
      ecam: ecam, firstBus: 0, lastBus: UInt8(busCount) - 1,
      io: PCIWindow(pciBase: 0x1000, cpuBase: 0x3eff_1000, byteCount: 0xf000),
      memory32: PCIWindow(
        pciBase: Self.memory32, cpuBase: Self.memory32, byteCount: choice & 8 == 0 ? 1 << 28 : 0),
      // The last addresses that there are, too.
      memory64: PCIWindow(
        pciBase: choice & 4 == 0 ? Self.memory64 : 0 &- 1 << 30, cpuBase: Self.memory64,
        byteCount: 1 << 30))
    let report = bridge.configure()
    try log.judge()
    try check(Int(report.lastBus) < Int(busCount), "a bus has the number \(report.lastBus)")
    try use(bridge, log)
  }

  private func use(_ bridge: PCIHostBridge<LoggedAccess>, _ log: RegisterLog) throws(Finding) {
    var last: PCIAddress?
    var count = 0
    try check(
      isNothing(bridge.function(at: PCIAddress(bus: 200, device: 0, function: 0))),
      "there is a bus that the bridge does not have")
    while let address = bridge.nextAddress(after: last) {
      count += 1
      try check(count <= 768, "functions do not end")
      last = address
      guard let function = bridge.function(at: address) else { continue }
      for index in 0..<6 {
        guard let bar = function.bars[index] else { continue }
        let isInside = log.windows.dropFirst().contains {
          $0.contains(bar.base) && bar.byteCount <= $0.upperBound - bar.base
        }
        try check(isInside, "a BAR is mapped outside the windows")
      }
      _ = try? PCITransport(function, deviceType: 16)
      try log.judge()
    }
  }

  private func isNothing<Value: ~Copyable>(_ value: consuming Value?) -> Bool { value == nil }

  private func check(_ condition: Bool, _ description: @autoclosure () -> String) throws(Finding) {
    if !condition { throw Finding("configuration: " + description()) }
  }
}

/// A function of which the input says what it is, and which bits of its BARs can be set.
private final class PlannedFunction {
  var bytes: [UInt8]
  private var writable = [UInt8](repeating: 0, count: 256)

  init(_ input: FuzzInput) {
    let choice = input.byte()
    bytes = [UInt8](input.take(Int(input.byte())))
    bytes += [UInt8](repeating: 0, count: 256 - bytes.count)
    if choice & 1 == 0 { bytes.replaceSubrange(0..<4, with: [0xf4, 0x1a, 0x50, 0x10]) }
    let isBridge = choice & 2 != 0
    if choice & 4 == 0 { bytes[0xe] = bytes[0xe] & 0x80 | (isBridge ? 1 : 0) }
    writable.set(0x0547, at: 4, 2)
    for register in 0..<(isBridge ? 2 : 6) {
      // A size, or bits with holes.
      let size = input.byte()
      let mask = size < 0xf0 ? UInt32.max << UInt32(size & 31) : input.word32()
      writable.set(mask & ~0xf, at: 0x10 + 4 * register, 4)
    }
    if isBridge {
      for offset in stride(from: 0x18, to: 0x34, by: 4) { writable.set(.max, at: offset, 4) }
    }
    for offset in stride(from: 0x40, to: 256, by: 4) { writable.set(0xc000_0000, at: offset, 4) }
  }

  func write(_ value: UInt32, at offset: Int, _ width: Int) {
    bytes.set(value, mask: writable.number(at: offset, width), at: offset, width)
  }
}

/// Counts what an error says of itself.
private struct CountingSink: TextSink {
  var count = 0

  mutating func write(_ text: StaticString) { count += text.utf8CodeUnitCount }
  mutating func write(_ number: UInt64) { count += 1 }
  mutating func write(hexadecimal number: UInt64) { count += 1 }
}
