import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// Capability sets of devices that have some, say that they have some, or lie about them.
@Suite struct CapabilityLifeTests {
  private static func machine(
    _ sets: [ModelCapabilitySet], claiming count: UInt32? = nil, features: UInt64 = 1
  ) -> ModelMachine {
    var configuration = ModelConfiguration()
    configuration.offeredFeatures |= features
    configuration.capabilitySets = sets
    configuration.claimedCapabilitySetCount = count
    return ModelMachine(configuration)
  }

  private static func open(_ machine: ModelMachine, _ wanted: GPUFeatures = .virgl) throws
    -> ModelDisplay
  {
    try Display.open(
      machine.makeTransport(), on: machine.platform, wanting: wanted, waiting: patience)
  }

  private static func read(
    _ set: CapabilitySet, version: UInt32? = nil, room: Int, from display: inout ModelDisplay
  ) throws(GPUError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0xee, count: room)
    var target = bytes.mutableSpan
    let count = try display.readCapabilities(
      of: set, version: version, into: &target, waiting: patience)
    return Array(bytes.prefix(count))
  }

  @Test("F-CAPSETS, GPU-CAPS-1: all sets are listed, and each is read as it is, between frames")
  func allSets() throws {
    let data = (0..<1376).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    let sets = [
      ModelCapabilitySet(id: 1, maximumVersion: 1, data: Array(data.prefix(308))),
      ModelCapabilitySet(id: 2, maximumVersion: 2, data: data),
      ModelCapabilitySet(id: 4, maximumVersion: 0, data: []),
    ]
    let machine = Self.machine(sets)
    var display = try Self.open(machine)
    #expect(display.features == [.edid, .virgl])
    let found = try display.readCapabilitySets(waiting: patience)
    #expect(found.count == 3)
    for (index, set) in sets.enumerated() {
      try display.finish(
        try display.present(try display.nextFrame(waiting: patience)), waiting: patience)
      let listed = found.sets[index]
      #expect(listed.id.rawValue == set.id && listed.maximumVersion == set.maximumVersion)
      #expect(listed.maximumByteCount == UInt32(set.data.count))
      #expect(try Self.read(listed, room: 2000, from: &display) == set.data)
    }
    #expect(found[.virgl2]?.maximumByteCount == 1376 && found[.venus] != nil)
    #expect(found[.gfxstream] == nil)
    let allocations = machine.liveAllocationCount
    let virgl = try #require(found[.virgl])
    for version: UInt32 in 0...1 {
      #expect(
        try Self.read(virgl, version: version, room: 308, from: &display).count == 308)
    }
    #expect(machine.liveAllocationCount == allocations)
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  @Test("H30, GPU-CAPS-1: a device that counts more sets than it describes, even 2^32 - 1")
  func counted() throws {
    for claimed: UInt32 in [2, 17, .max] {
      let machine = Self.machine(
        [ModelCapabilitySet(id: 1, maximumVersion: 1, data: [5])], claiming: claimed)
      var display = try Self.open(machine)
      let found = try display.readCapabilitySets(waiting: patience)
      #expect(found.count == 1 && found[.virgl] != nil)
      let asked = machine.commands.count { $0 == 0x108 }
      #expect(asked == min(Int(claimed), CapabilitySets.capacity))
      try display.close(waiting: patience)
      #expect(machine.finish() == [])
    }
  }

  @Test("G44, G45: sizes that lie: too little room is an error, and less data is what there is")
  func sizes() throws {
    var huge = ModelCapabilitySet(id: 1, maximumVersion: 1, data: [1, 2, 3])
    huge.claimedByteCount = .max
    var long = ModelCapabilitySet(id: 2, maximumVersion: 1, data: [4, 5, 6])
    long.claimedByteCount = 500
    let machine = Self.machine([huge, long])
    var display = try Self.open(machine)
    let found = try display.readCapabilitySets(waiting: patience)
    let before = machine.allocationCount
    #expect(throws: GPUError.bufferTooSmall(byteCount: 1000, needed: Int(UInt32.max))) {
      try Self.read(#require(found[.virgl]), room: 1000, from: &display)
    }
    #expect(machine.allocationCount == before)
    #expect(
      try Self.read(#require(found[.virgl2]), room: 500, from: &display) == [4, 5, 6])
    try display.close(waiting: patience)
    #expect(machine.finish() == [])
  }

  @Test("H30: no set is ever described: the first that is not answered in time ends it")
  func undescribed() throws {
    let machine = Self.machine([], claiming: .max)
    var display = try Self.open(machine)
    machine.inject(ModelFault(on: .command(0x108), count: .max, .drop))
    let start = machine.platform.now
    #expect(throws: GPUError.self) { try display.readCapabilitySets(waiting: patience).count }
    #expect(machine.platform.now.since(start) < .milliseconds(100))
    machine.clearFaults()
    try HostileCase.end(display, on: machine, .reset)
  }

  @Test(
    "G43: a set without a number is left out, one that nobody knows is listed, of two the first counts"
  )
  func numbers() throws {
    let machine = Self.machine([
      ModelCapabilitySet(id: 0, maximumVersion: 1, data: [1]),
      ModelCapabilitySet(id: 1, maximumVersion: 1, data: [2]),
      ModelCapabilitySet(id: 1, maximumVersion: 2, data: [3, 3]),
      ModelCapabilitySet(id: .max, maximumVersion: 1, data: [4]),
    ])
    var display = try Self.open(machine)
    let found = try display.readCapabilitySets(waiting: patience)
    #expect(found.count == 3)
    #expect(found[CapabilitySetID(rawValue: 0)] == nil)
    #expect(found[.virgl]?.maximumByteCount == 1)
    #expect(found[CapabilitySetID(rawValue: .max)] != nil)
    try HostileCase.end(display, on: machine, .goesOn)
  }

  @Test("G47: newest versions of 0 and of 2^32 - 1: a program asks for the version that it knows")
  func versions() throws {
    let machine = Self.machine([
      ModelCapabilitySet(id: 1, maximumVersion: 0, data: [1]),
      ModelCapabilitySet(id: 2, maximumVersion: .max, data: [2]),
    ])
    var display = try Self.open(machine)
    let found = try display.readCapabilitySets(waiting: patience)
    #expect(found[.virgl]?.maximumVersion == 0 && found[.virgl2]?.maximumVersion == .max)
    #expect(try Self.read(#require(found[.virgl]), room: 1, from: &display) == [1])
    #expect(try Self.read(#require(found[.virgl2]), version: 1, room: 1, from: &display) == [2])
    try HostileCase.end(display, on: machine, .goesOn)
  }

  @Test("GPU-D-18, RFB-D-1: VIRGL is accepted only if the program asks for it")
  func unasked() throws {
    let machine = Self.machine([ModelCapabilitySet(id: 1, maximumVersion: 1, data: [1])])
    var display = try machine.open()
    #expect(display.features == [.edid])
    #expect(throws: GPUError.notOffered(.virgl)) {
      try display.readCapabilitySets(waiting: patience).count
    }
    try display.close(waiting: patience)
    #expect(!machine.commands.contains(0x108))
    #expect(machine.finish() == [])
    // Asked for, and not offered: as if it had not been.
    let other = Self.machine([], features: 0)
    let plain = try Self.open(other)
    #expect(plain.features == [.edid])
    try plain.close(waiting: patience)
    #expect(other.finish() == [])
  }
}
