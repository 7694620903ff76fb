import Testing
import VirtIOTesting

/// What is read of a run of Bench: its lines, QEMU's log, the table of the others, names of functions.
@Suite struct BenchReadingTests {
  @Test("a line of a loop is told from every other")
  func lines() throws {
    let line = try #require(BenchLine("fill_present n=4 ticks=1000 draw=600 present=400 insn=12"))
    #expect(line.name == "fill_present" && line.count == 4 && line.ticks == 1000)
    #expect(line.drawingTicks == 600 && line.instructionCount == 12)
    #expect(line.microseconds == 4 && line.drawingMicroseconds == 2.4)
    #expect(BenchLine("init n=1 ticks=5")?.instructionCount == nil)
    let painting = BenchLine("paint_fill n=2 ticks=5 insn=50 pixels=200")
    #expect(painting?.instructionsPerPixel == 0.25 && line.instructionsPerPixel == nil)
    for text in ["", "DONE", "ram=1 display=2", "x n=0 ticks=1", "x n=1 ticks=-1", "x n=1 insn=2"] {
      #expect(BenchLine(text) == nil)
    }
  }

  /// What QEMU logs when the guest prints a line.
  private static func printing(_ text: String) -> [String] {
    (text + "\r\n").utf8.flatMap { byte in
      [
        "memory_region_ops_read cpu 0 mr 0x1 addr 0x9000018 value 0x90 size 4 name 'pl011'",
        "memory_region_ops_write cpu 0 mr 0x1 addr 0x9000000 value 0x"
          + String(byte, radix: 16) + " size 4 name 'pl011'",
      ]
    }
  }

  @Test("what happened before the guest printed a loop's line belongs to that loop")
  func trace() throws {
    let frame = [
      "1@100.000010:memory_region_ops_write cpu 0 mr 0x1 addr 0x8000003000 value 0x0 size 2 "
        + "name 'virtio-pci-notify-virtio-gpu'",
      "1@100.000011:virtio_queue_notify vdev 0x1 n 0 vq 0x2",
      "2@100.000031:virtio_gpu_cmd_res_xfer_toh_2d res 0x1",
      "2@100.000131:virtio_gpu_cmd_res_flush res 0x1, w 1, h 1, x 0, y 0",
      "2@100.000135:virtio_notify vdev 0x1 vq 0x2",
    ]
    let cursor = ["virtio_queue_notify vdev 0x1 n 1 vq 0x2", "virtio_gpu_update_cursor scanout 0"]
    let log =
      frame + frame + Self.printing("interrupts: none") + Self.printing("a n=2 ticks=1") + cursor
      + Self.printing("b n=1 ticks=1") + frame + Self.printing("a n=1 ticks=1")
    let loops = BenchTrace(log: log).loops
    #expect(Set(loops.keys) == ["a", "b"])
    let loop = try #require(loops["a"])
    #expect(loop.commands == ["res_xfer_toh_2d": 3, "res_flush": 3] && loop.doorbells == [0: 3])
    #expect(loop.accessCount == 3 && loop.interruptCount == 3)
    #expect(loop.transfers.map { Int($0.rounded()) } == [100, 100, 100])
    #expect(loop.deliveries.map { Int($0.rounded()) } == [20, 20, 20])
    #expect(loops["b"]?.commands == ["update_cursor": 1] && loops["b"]?.doorbells == [1: 1])
  }

  @Test("an instruction that QEMU named and then did not execute is not counted")
  func stoppedExecution() {
    func trace(_ address: String) -> String {
      "Trace 0: 0x7f5f98000100 [0000000000004000/00000000\(address)/00000121/ff020201] name"
    }
    let log = [
      trace("40200000"), trace("40200004"),
      "Stopped execution of TB chain before 0x7f5f98000100 [0000000040200004] name",
      trace("40200004"), "something else", trace("40200008"),
    ]
    #expect(BenchOracle.executed(log) == [0x4020_0000, 0x4020_0004, 0x4020_0008])
  }

  @Test("the table of the others has a bound in each row, and a figure where there is a driver")
  func peers() throws {
    let text = try Repository.text("docs/requirements/peers.tsv")
    let rows = try #require(PeerFigure.rows(text))
    #expect(rows.count == Set(rows.map(\.id)).count && rows.count > 10)
    #expect(rows.contains { $0.id == "frame.instructions" && $0.bound == 120 && $0.figure == 710 })
    for damage in ["a\tb\t1\t-", "a\tb\tx\t-\t-", "a\tb\t1\t-\t2", "a\tb\t1\tpeer\t-"] {
      #expect(PeerFigure.rows("head\n\(damage)\n") == nil)
    }
  }

  @Test("a function belongs to the first module that its name tells")
  func modules() {
    let expected = [
      "$e9VirtIOGPU7DisplayVAARi__rlE4open_2on7waiting0A2IO6WaiterRd": "VirtIOGPU",
      "$e6VirtIO11DeviceErrorO8describe2to": "VirtIO",
      "$es11InlineArrayV9repeatingAByxq_Gq__tcfC$31__9VirtIOGPU11CommandSlot": "VirtIOGPU",
      "$e9VirtIOPCI13PCIHostBridgeV8function2at": "VirtIOPCI, enumeration",
      "$e9VirtIOPCI0A12IOStructuresV2of": "VirtIOPCI", "$es4SpanV": "Swift",
      "$e7MinimalAAV4mainyyFZ": "the image", "memcpy": "KernelBoot",
      "cvirtio_load8": "CVirtIO", "OUTLINED_FUNCTION_7": "shared by several",
    ]
    for (name, module) in expected { #expect(ImageSize.module(of: name) == module, "\(name)") }
  }
}
