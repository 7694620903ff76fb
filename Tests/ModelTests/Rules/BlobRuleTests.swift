import Testing
import VirtIO
import VirtIOTesting

/// Drivers that make of plain memory what it is not.
@Suite struct BlobRuleTests {
  /// A driver with a device in service that has blobs.
  private struct Rig {
    let driver: RawDriver
    let control: RawQueue
    let memory: ModelRegion

    init(_ features: UInt64 = 1 << 3 | 1 << 5, mapping: Bool = false) throws {
      var configuration = ModelConfiguration()
      configuration.offeredFeatures |= features
      configuration.blobAlignment = 8192
      configuration.mapsBlobs = mapping
      driver = RawDriver(configuration)
      (control, _) = try driver.bringUp(RawDriver.usual | features)
      memory = try driver.allocate(16384)
      control.send(RawCommand.displayInfo)
    }

    var broken: [String] { driver.broken }

    @discardableResult func make(
      _ id: UInt32 = 1, kind: UInt32 = 1, flags: UInt32 = 0, byteCount: UInt32 = 16384,
      entryCount: UInt32 = 1, entry: UInt32 = 16384
    ) -> UInt32 {
      let address = memory.deviceAddress.rawValue
      return control.send(
        RawCommand.of(
          0x10c,
          [
            id, kind, flags, entryCount, 0, 0, byteCount, 0,
            UInt32(truncatingIfNeeded: address), UInt32(truncatingIfNeeded: address >> 32), entry,
            0,
          ]))
    }

    @discardableResult func show(
      _ id: UInt32 = 1, width: UInt32 = 64, height: UInt32 = 48, format: UInt32 = 2,
      stride: UInt32 = 256, offset: UInt32 = 0
    ) -> UInt32 {
      control.send(
        RawCommand.of(
          0x10d,
          [
            0, 0, width, height, 0, id, width, height, format, 0, stride, 0, 0, 0, offset, 0, 0, 0,
          ]))
    }
  }

  @Test("GPU-D-13: blobs without their feature") func noFeature() throws {
    let rig = try Rig(0)
    #expect(rig.make() == 0x1200)
    #expect(rig.show() == 0x1200)
    #expect(rig.broken == ["GPU-D-13", "GPU-D-13"])
  }

  @Test("GPU-BLOB-1, GPU-BLOB-2: memory of no kind, and of one that there is not") func kinds()
    throws
  {
    let rig = try Rig()
    #expect(rig.make(kind: 0) == 0x1205)
    #expect(rig.broken == ["GPU-BLOB-2"])
    #expect(rig.make(kind: 4) == 0x1205)
    #expect(rig.broken == ["GPU-BLOB-2", "GPU-BLOB-1"])
    #expect(rig.make() == 0x1100)
    #expect(rig.broken.count == 2)
  }

  @Test("GPU-D-14, GPU-BLOB-3: memory of a 3D library's, without one, and never allocated there")
  func hostMemory() throws {
    let plain = try Rig()
    plain.make(kind: 2)
    #expect(plain.broken == ["GPU-D-14"])
    let virgl = try Rig(1 << 0 | 1 << 3)
    virgl.make(kind: 3)
    #expect(virgl.broken == ["GPU-BLOB-3"])
  }

  @Test("GPU-ALIGN-1, GPU-D-17, MODEL-GPU-5, RFB-5: lengths and entries that do not fit")
  func lengths() throws {
    let rig = try Rig()
    rig.make(byteCount: 12288)
    rig.make(entryCount: 2)
    rig.make(entry: 8192)
    rig.make(entry: 20000)
    #expect(rig.broken == ["GPU-ALIGN-1", "GPU-D-17", "MODEL-GPU-5", "RFB-5"])
    // Without the feature, any length will do.
    let other = try Rig(1 << 3)
    #expect(other.make(byteCount: 12288) == 0x1100)
    #expect(other.broken == [])
  }

  @Test("MODEL-GPU-2, MODEL-GPU-4, GPU-D-16: blobs that are there, have no bytes, or no id")
  func badBlobs() throws {
    let rig = try Rig()
    rig.make()
    rig.make()
    rig.make(0)
    rig.make(2, flags: 8)
    rig.make(2, byteCount: 0)
    #expect(
      rig.broken == ["MODEL-GPU-2", "GPU-D-16", "MODEL-GPU-4", "MODEL-GPU-4"])
    rig.control.send(RawCommand.transfer(1, 1, 1))
    rig.control.send(RawCommand.create(2, 4, 4))
    rig.show(2)
    #expect(rig.broken.suffix(2) == ["MODEL-GPU-2", "MODEL-GPU-2"])
  }

  @Test("GPU-SCANBLOB-1, GPU-D-15: formats that there are not, pictures larger than the blob")
  func scanouts() throws {
    let rig = try Rig()
    rig.make()
    #expect(rig.show(format: 5) == 0x1205)
    #expect(rig.broken == ["GPU-SCANBLOB-1"])
    #expect(rig.show(offset: 8192) == 0x1205)
    #expect(rig.show(stride: 252) == 0x1205)
    #expect(rig.broken.suffix(2) == ["GPU-D-15", "GPU-D-15"])
    #expect(rig.show(offset: 4096) == 0x1100)
    #expect(rig.broken.count == 3)
  }

  @Test("MODEL-GPU-3, MODEL-GPU-8: a flush outside, and pixels that are written while shown")
  func shown() throws {
    let rig = try Rig()
    rig.make()
    rig.memory.store32(0x0011_2233, uncheckedAt: 4096)
    rig.show(offset: 4096)
    #expect(rig.control.send(RawCommand.flush(1, 65, 48)) == 0x1205)
    #expect(rig.broken == ["MODEL-GPU-3"])
    rig.control.send(RawCommand.flush(1, 64, 48))
    let picture = try #require(rig.driver.machine.pixels(ofScanout: 0))
    #expect(picture[0, 0].rgb == 0x11_2233)
    // In place, with one picture: that is the program's choice.
    rig.memory.store32(0x0044_5566, uncheckedAt: 4096)
    rig.show(offset: 4096)
    rig.control.send(RawCommand.flush(1, 64, 48))
    #expect(rig.broken.count == 1)
    rig.memory.store32(1, uncheckedAt: 4100)
    rig.show(offset: 0)
    #expect(rig.broken == ["MODEL-GPU-3", "MODEL-GPU-8"])
  }

  @Test("GPU-D-19: mapping where nothing can be mapped") func noRegion() throws {
    let rig = try Rig()
    rig.make(flags: 1)
    #expect(rig.control.send(RawCommand.of(0x208, [1, 0, 0, 0])) == 0x1200)
    #expect(rig.control.send(RawCommand.of(0x209, [1, 0])) == 0x1200)
    #expect(rig.broken == ["GPU-D-19", "GPU-D-19"])
  }

  @Test("GPU-MAP-1, GPU-ALIGN-2, GPU-BLOB-4: mapped twice, askew, or not made for it")
  func mapping() throws {
    let rig = try Rig(mapping: true)
    rig.make(flags: 1)
    rig.make(2)
    #expect(rig.control.send(RawCommand.of(0x208, [1, 0, 4096, 0])) == 0x1205)
    #expect(rig.broken == ["GPU-ALIGN-2"])
    #expect(rig.control.send(RawCommand.of(0x208, [1, 0, 8192, 0])) == 0x1106)
    #expect(rig.control.send(RawCommand.of(0x208, [1, 0, 16384, 0])) == 0x1205)
    #expect(rig.control.send(RawCommand.of(0x208, [2, 0, 0, 0])) == 0x1205)
    #expect(rig.broken == ["GPU-ALIGN-2", "GPU-MAP-1", "GPU-BLOB-4"])
    #expect(rig.control.send(RawCommand.of(0x209, [1, 0])) == 0x1100)
    #expect(rig.control.send(RawCommand.of(0x208, [1, 0, 0, 0])) == 0x1106)
    #expect(rig.broken.count == 3)
  }

  @Test("GPU-BLOB-6: named for other devices, and not made for them") func named() throws {
    let rig = try Rig(1 << 2 | 1 << 3)
    rig.make(flags: 4)
    rig.control.send(RawCommand.of(0x10b, [1, 0]))
    #expect(rig.broken == [])
    rig.make(2)
    rig.control.send(RawCommand.of(0x10b, [2, 0]))
    #expect(rig.broken == ["GPU-BLOB-6"])
  }
}
