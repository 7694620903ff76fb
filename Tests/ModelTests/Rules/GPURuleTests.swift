import Testing
import VirtIO
import VirtIOTesting

/// Drivers that ask a GPU for what it cannot do, or in the wrong turn.
@Suite struct GPURuleTests {
  /// A driver with a device in service.
  private struct Rig {
    let driver: RawDriver
    let control: RawQueue
    let cursor: RawQueue

    init(_ features: UInt64 = 0, outputs: [ModelConfiguration.Output]? = nil) throws {
      var configuration = ModelConfiguration()
      configuration.offeredFeatures |= features
      if let outputs { configuration.outputs = outputs }
      driver = RawDriver(configuration)
      (control, cursor) = try driver.bringUp(RawDriver.usual | features)
    }

    var broken: [String] { driver.broken }

    /// A resource with backing.
    func make(_ id: UInt32, _ width: UInt32 = 64, _ height: UInt32 = 48) throws {
      let backing = try driver.allocate(Int(width * height * 4))
      control.send(RawCommand.create(id, width, height))
      control.send(
        RawCommand.attach(id, backing.deviceAddress.rawValue, UInt32(backing.byteCount)))
    }
  }

  // MARK: Requests

  @Test("GPU-D-1: a command in the other queue") func wrongQueue() throws {
    let rig = try Rig()
    rig.cursor.send(RawCommand.displayInfo)
    rig.control.send(RawCommand.updateCursor(0))
    #expect(rig.broken == ["GPU-D-1", "GPU-D-1"])
  }

  @Test("GPU-D-8: a short request, unknown flags, no room for the response") func header() throws {
    let rig = try Rig()
    rig.control.send([0, 1, 0, 0])
    #expect(rig.broken == ["GPU-D-8"])
    rig.control.send(RawCommand.header(0x100, flags: 4))
    #expect(rig.broken == ["GPU-D-8", "GPU-D-8"])
    rig.control.send(RawCommand.of(0x101, [1, 1]))
    #expect(rig.broken.count == 3)
    #expect(rig.control.send(RawCommand.displayInfo, responseByteCount: 24) == 0x1101)
    #expect(rig.broken == Array(repeating: "GPU-D-8", count: 4))
  }

  @Test("GPU-D-9: a ring index without its flag, and one of 64") func ringIndex() throws {
    let rig = try Rig(1 << 0 | 1 << 4)
    rig.control.send(RawCommand.header(0x100, ring: 1))
    rig.control.send(RawCommand.header(0x100, flags: 2, ring: 63))
    #expect(rig.broken == ["GPU-D-9"])
    rig.control.send(RawCommand.header(0x100, flags: 2, ring: 64))
    #expect(rig.broken == ["GPU-D-9", "GPU-D-9"])
  }

  @Test("GPU-D-10: a fence that is not higher than the one before") func fences() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.fenced(0x100, 5, []))
    #expect(rig.broken == [])
    rig.control.send(RawCommand.fenced(0x100, 5, []))
    #expect(rig.broken == ["GPU-D-10"])
  }

  @Test("GPU-D-11, GPU-D-12, GPU-D-13, GPU-D-18: commands without their features") func features()
    throws
  {
    let rig = try Rig()
    #expect(rig.control.send(RawCommand.edid(0)) == 0x1200)
    rig.control.send(RawCommand.of(0x10b, [1, 0]))
    rig.control.send(RawCommand.of(0x10c, [1, 1, 0, 0, 0, 0, 0, 0]))
    rig.control.send(RawCommand.of(0x200))
    rig.control.send(RawCommand.header(0x100, context: 1))
    #expect(rig.broken == ["GPU-D-11", "GPU-D-12", "GPU-D-13", "GPU-D-18", "GPU-D-18"])
  }

  @Test("GPU-CAPS-1: a capability set that there is not") func capset() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.of(0x108, [0, 0]))
    #expect(rig.broken == ["GPU-CAPS-1"])
  }

  @Test("GPU-CAPS-1, MODEL-GPU-6: behind the last set, and a version that there is not")
  func otherCapset() throws {
    var configuration = ModelConfiguration()
    configuration.capabilitySets = [.init(id: 2, maximumVersion: 3, data: [1, 2, 3])]
    let driver = RawDriver(configuration)
    let (control, _) = try driver.bringUp()
    #expect(control.send(RawCommand.of(0x108, [0, 0])) == 0x1102)
    #expect(control.send(RawCommand.of(0x109, [2, 3])) == 0x1103)
    #expect(driver.broken == [])
    #expect(control.send(RawCommand.of(0x108, [1, 0])) == 0x1205)
    #expect(driver.broken == ["GPU-CAPS-1"])
    #expect(control.send(RawCommand.of(0x109, [2, 4])) == 0x1205)
    #expect(driver.broken == ["GPU-CAPS-1", "MODEL-GPU-6"])
  }

  @Test("MODEL-GPU-1: padding that is not 0") func padding() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.header(0x100, ring: 0x100))
    try rig.make(1)
    rig.control.send(RawCommand.of(0x107, [1, 1]))
    #expect(rig.broken == ["MODEL-GPU-1", "MODEL-GPU-1"])
  }

  @Test("MODEL-GPU-6: commands that there are not") func unknown() throws {
    let rig = try Rig()
    #expect(rig.control.send(RawCommand.of(0x1ff)) == 0x1200)
    #expect(rig.control.send(RawCommand.of(0x109, [1, 1])) == 0x1205)
    #expect(rig.broken == ["MODEL-GPU-6", "MODEL-GPU-6"])
  }

  // MARK: Resources

  @Test("GPU-D-16, MODEL-GPU-2, MODEL-GPU-4: resources that cannot be made") func badResources()
    throws
  {
    let rig = try Rig()
    #expect(rig.control.send(RawCommand.create(0, 4, 4)) == 0x1203)
    #expect(rig.broken == ["GPU-D-16"])
    try rig.make(1)
    #expect(rig.control.send(RawCommand.create(1, 4, 4)) == 0x1203)
    #expect(rig.broken == ["GPU-D-16", "MODEL-GPU-2"])
    rig.control.send(RawCommand.create(2, 0, 4))
    rig.control.send(RawCommand.create(2, 4, 4, format: 9))
    #expect(rig.broken.suffix(2) == ["MODEL-GPU-4", "MODEL-GPU-4"])
    #expect(rig.control.send(RawCommand.create(2, 40_000, 4)) == 0x1201)
    #expect(rig.broken.count == 4)
  }

  @Test("MODEL-GPU-2: resources that are not there") func missingResources() throws {
    let rig = try Rig()
    for command in [
      RawCommand.of(0x102, [9, 0]), RawCommand.attach(9, 0, 0), RawCommand.of(0x107, [9, 0]),
      RawCommand.transfer(9, 1, 1), RawCommand.setScanout(0, 9, 1, 1), RawCommand.flush(9, 1, 1),
    ] {
      #expect(rig.control.send(command) == 0x1203)
    }
    #expect(rig.broken == Array(repeating: "MODEL-GPU-2", count: 6))
  }

  @Test("GPU-D-6: a transfer before backing, and a second detach") func noBacking() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.create(1, 4, 4))
    rig.control.send(RawCommand.transfer(1, 4, 4))
    rig.control.send(RawCommand.of(0x107, [1, 0]))
    #expect(rig.broken == ["GPU-D-6", "GPU-D-6"])
  }

  @Test("GPU-D-17: nr_entries that are not those that follow") func entryCount() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.create(1, 4, 4))
    rig.control.send(RawCommand.of(0x106, [1, 2, 0x4000_0000, 0, 64, 0]))
    rig.control.send(RawCommand.of(0x106, [1, .max, 0x4000_0000, 0, 64, 0]))
    #expect(rig.broken == ["GPU-D-17", "GPU-D-17"])
  }

  @Test("MODEL-GPU-7: more entries than devices take") func longList() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.create(1, 4, 4))
    let request =
      RawCommand.of(0x106, [1, 16385]) + Array(repeating: 0, count: 16385 * 16)
    let region = try rig.driver.allocate(request.count)
    // SAFETY: the region is as long as the request.
    unsafe region.base.copyMemory(from: request, byteCount: request.count)
    let response = rig.control.buffer().response
    rig.control.descriptor(
      0, region.deviceAddress.rawValue, UInt32(request.count), flags: 1, next: 1)
    rig.control.descriptor(1, response, 2048, flags: 2)
    rig.control.offer(0)
    rig.control.publish()
    #expect(rig.broken == ["MODEL-GPU-7"])
  }

  @Test("RFB-5: backing that is no memory") func badBacking() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.create(1, 4, 4))
    #expect(rig.control.send(RawCommand.attach(1, 0xffff_ffff_ffff_f000, 0x2000)) == 0x1200)
    #expect(rig.broken == ["RFB-5"])
  }

  @Test("MODEL-GPU-3, MODEL-GPU-5: rectangles outside, backing too small") func outside() throws {
    let rig = try Rig()
    try rig.make(1)
    #expect(rig.control.send(RawCommand.transfer(1, 65, 1)) == 0x1205)
    #expect(rig.control.send(RawCommand.flush(1, 0, 1)) == 0x1205)
    #expect(rig.broken == ["MODEL-GPU-3", "MODEL-GPU-3"])
    var command = RawCommand.transfer(1, 64, 48)
    command[40] = 4
    #expect(rig.control.send(command) == 0x1205)
    command.replaceSubrange(40..<48, with: Array(repeating: 0xff, count: 8))
    #expect(rig.control.send(command) == 0x1205)
    #expect(rig.broken.suffix(2) == ["MODEL-GPU-5", "MODEL-GPU-5"])
  }

  @Test("GPU-D-6: scattered backing, and a resource on two scanouts") func scattered()
    throws
  {
    let rig = try Rig(outputs: [.init(width: 2, height: 2), .init(width: 2, height: 2)])
    let parts = try [rig.driver.allocate(6), rig.driver.allocate(10)]
    rig.control.send(RawCommand.displayInfo)
    rig.control.send(RawCommand.create(1, 2, 2))
    rig.control.send(
      RawCommand.of(
        0x106,
        [1, 2]
          + parts.flatMap {
            [
              UInt32(truncatingIfNeeded: $0.deviceAddress.rawValue),
              UInt32(truncatingIfNeeded: $0.deviceAddress.rawValue >> 32), UInt32($0.byteCount), 0,
            ]
          }))
    // The second pixel lies in both parts.
    parts[0].store32(0x0011_2233, uncheckedAt: 0)
    parts[0].store16(0x6677, uncheckedAt: 4)
    parts[1].store16(0x0055, uncheckedAt: 0)
    for scanout in 0..<2 { rig.control.send(RawCommand.setScanout(UInt32(scanout), 1, 2, 2)) }
    rig.control.send(RawCommand.transfer(1, 2, 2))
    rig.control.send(RawCommand.flush(1, 2, 2))
    #expect(rig.broken == [])
    for scanout in 0..<2 {
      let picture = try #require(rig.driver.machine.pixels(ofScanout: scanout))
      #expect(picture[0, 0].rgb == 0x11_2233)
      #expect(picture[1, 0].rgb == 0x55_6677)
    }
  }

  // MARK: Scanouts

  @Test("GPU-D-5: a scanout that there is not") func noScanout() throws {
    let rig = try Rig()
    #expect(rig.control.send(RawCommand.setScanout(1, 0, 0, 0)) == 0x1202)
    #expect(rig.broken == ["GPU-D-5"])
  }

  @Test("GPU-D-15: a scanout larger than its resource") func largeScanout() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.displayInfo)
    try rig.make(1)
    #expect(rig.control.send(RawCommand.setScanout(0, 1, 64, 49)) == 0x1205)
    #expect(rig.broken == ["GPU-D-15"])
  }

  @Test("GPU-INIT-1: a scanout before the displays were asked for") func blindScanout() throws {
    let rig = try Rig()
    try rig.make(1)
    rig.control.send(RawCommand.setScanout(0, 1, 64, 48))
    #expect(rig.broken == ["GPU-INIT-1"])
  }

  @Test("GPU-INIT-2: a first picture that does not suit its display") func oddScanout() throws {
    let rig = try Rig()
    rig.control.send(RawCommand.displayInfo)
    try rig.make(1)
    rig.control.send(RawCommand.setScanout(0, 1, 32, 32))
    #expect(rig.broken == ["GPU-INIT-2"])
  }

  @Test("GPU-INIT-3: a second picture before EDID was read") func noEDID() throws {
    let rig = try Rig(1 << 1)
    rig.control.send(RawCommand.displayInfo)
    try rig.make(1)
    rig.control.send(RawCommand.setScanout(0, 1, 64, 48))
    rig.control.send(RawCommand.flush(1, 64, 48))
    #expect(rig.broken == [])
    rig.control.send(RawCommand.flush(1, 64, 48))
    #expect(rig.broken == ["GPU-INIT-3"])
  }

  @Test("GPU-EVT-1, GPU-EVT-2: an event, and nothing is asked for") func ignoredEvent() throws {
    let rig = try Rig(1 << 1)
    try rig.make(1)
    rig.driver.machine.setOutput(0, to: .init(width: 9, height: 9))
    _ = rig.driver.access.read8(RawDriver.Register.generation.address)
    #expect(rig.driver.access.read32(RawDriver.device) == 1)
    _ = rig.driver.access.read8(RawDriver.Register.generation.address)
    rig.driver.access.write32(RawDriver.device + 4, 1)
    rig.control.send(RawCommand.flush(1, 64, 48))
    #expect(rig.broken == ["GPU-EVT-1"])
    rig.control.send(RawCommand.flush(1, 64, 48))
    #expect(rig.broken == ["GPU-EVT-1", "GPU-INIT-3", "GPU-EVT-2"])
  }

  // MARK: Cursor

  @Test("GPU-CUR-1: a cursor that is not there, or has no pixels") func emptyCursor() throws {
    let rig = try Rig()
    rig.cursor.send(RawCommand.updateCursor(1))
    try rig.make(1, 64, 64)
    rig.cursor.send(RawCommand.updateCursor(1))
    #expect(rig.broken == ["GPU-CUR-1", "GPU-CUR-1"])
  }

  @Test("GPU-CUR-2: a cursor whose fence is missing, or was not waited for") func unfenced() throws
  {
    let rig = try Rig()
    try rig.make(1, 64, 64)
    rig.control.send(RawCommand.transfer(1, 64, 64))
    rig.cursor.send(RawCommand.updateCursor(1))
    #expect(rig.broken == ["GPU-CUR-2"])
    rig.control.post(RawCommand.transfer(1, 64, 64, fence: 1))
    rig.control.publish()
    rig.cursor.send(RawCommand.updateCursor(1))
    #expect(rig.broken == ["GPU-CUR-2", "GPU-CUR-2"])
    rig.control.takeUsed()
    rig.cursor.send(RawCommand.updateCursor(1))
    #expect(rig.broken.count == 2)
  }

  @Test("GPU-D-7: a cursor of another size") func oddCursor() throws {
    let rig = try Rig()
    try rig.make(1, 32, 32)
    rig.control.send(RawCommand.transfer(1, 32, 32, fence: 1))
    rig.cursor.send(RawCommand.updateCursor(1))
    #expect(rig.broken == ["GPU-D-7"])
  }
}
