import VirtIO
import VirtIOTesting

/// A driver of registers in memory without types to keep it in order: it does what a test tells it.
struct RawSlot {
  let machine: ModelMachine
  private let access: ModelAccess

  static let base: UInt = 0x0a00_0000

  /// - Parameter features: What the device offers beside what it always does.
  init(identifies: Bool = true, faults: [ModelFault] = [], offering features: Features = []) {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= features.rawValue
    configuration.bus = .memory
    configuration.faults = faults
    machine = ModelMachine(configuration)
    access = machine.access
    if identifies { identify() }
  }

  /// The ids of the rules that were broken.
  var broken: [String] { machine.violations.map(\.id) }

  @discardableResult func read(_ offset: UInt) -> UInt32 { access.read32(Self.base + offset) }
  @discardableResult func read8(_ offset: UInt) -> UInt8 { access.read8(Self.base + offset) }
  @discardableResult func read16(_ offset: UInt) -> UInt16 { access.read16(Self.base + offset) }
  func write(_ offset: UInt, _ value: UInt32) { access.write32(Self.base + offset, value) }
  func write8(_ offset: UInt, _ value: UInt8) { access.write8(Self.base + offset, value) }
  func write16(_ offset: UInt, _ value: UInt16) { access.write16(Self.base + offset, value) }

  /// Reads what the device is.
  func identify() {
    for offset: UInt in [0x000, 0x004, 0x008] { read(offset) }
  }

  /// Steps 1 to 6.
  func negotiate(_ features: Features = []) {
    write(0x070, 0)
    read(0x070)
    for status: UInt32 in [1, 3] { write(0x070, status) }
    let accepted = features.union([.version1, .accessPlatform, .orderPlatform]).rawValue
    for word: UInt32 in 0...1 {
      write(0x014, word)
      read(0x010)
      write(0x024, word)
      write(0x020, UInt32(truncatingIfNeeded: accepted >> (32 * UInt64(word))))
    }
    write(0x070, 11)
    read(0x070)
  }

  /// Programs a queue and makes it ready.
  func makeQueue(_ index: UInt32 = 0) throws {
    guard let memory = machine.platform.allocate(byteCount: 16384, alignment: 4096) else {
      throw PlatformFailure()
    }
    write(0x030, index)
    read(0x044)
    write(0x038, read(0x034))
    for (place, offset) in [0, 4096, 8192].enumerated() {
      let address = memory.deviceAddress.advanced(by: offset).rawValue
      write(0x080 + 0x10 * UInt(place), UInt32(truncatingIfNeeded: address))
      write(0x084 + 0x10 * UInt(place), UInt32(truncatingIfNeeded: address >> 32))
    }
    write(0x044, 1)
  }

  struct PlatformFailure: Error {}
}
