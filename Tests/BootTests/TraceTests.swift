import Testing
import VirtIOTesting

/// What is read of QEMU's log of a GPU, and how it is told.
@Suite struct TraceTests {
  /// The way to the first picture, two frames on the way at a time, and moves of the cursor; beside it another
  /// device, and a complaint of QEMU's about the guest.
  private static let recorded = """
    21014@1795706914.000001:virtio_set_status vdev 0x560d920fb3e0 val 0
    21017@1795706914.398100:virtio_queue_notify vdev 0x560d92000000 n 0 vq 0x7fbb70000000
    21014@1795706914.398200:virtio_notify vdev 0x560d92000000 vq 0x7fbb70000000
    21017@1795706914.398279:virtio_queue_notify vdev 0x560d920fb3e0 n 0 vq 0x7fbb70d92010
    21014@1795706914.404791:virtio_gpu_cmd_get_display_info\u{20}
    21014@1795706914.404809:virtio_notify vdev 0x560d920fb3e0 vq 0x7fbb70d92010
    21017@1795706914.443780:virtio_queue_notify vdev 0x560d920fb3e0 n 0 vq 0x7fbb70d92010
    21014@1795706914.450995:virtio_gpu_cmd_res_create_2d res 0x1, fmt 0x2, w 640, h 480
    21014@1795706914.451031:virtio_gpu_cmd_res_back_attach res 0x1
    21014@1795706914.451035:virtio_gpu_cmd_res_xfer_toh_2d res 0x1
    21014@1795706914.451711:virtio_gpu_cmd_set_scanout id 0, res 0x1, w 640, h 480, x 0, y 0
    21014@1795706914.451753:virtio_gpu_cmd_res_flush res 0x1, w 640, h 480, x 0, y 0
    21014@1795706914.451759:virtio_gpu_cmd_get_edid scanout 0
    virtio_gpu_cmd_res_flush: nothing of a trace
    21017@1795706914.504190:virtio_queue_notify vdev 0x560d920fb3e0 n 0 vq 0x7fbb70d92010
    21014@1795706914.520840:virtio_gpu_cmd_res_xfer_toh_2d res 0x1
    21014@1795706914.520841:virtio_gpu_cmd_res_xfer_toh_2d res 0x1
    21014@1795706914.521058:virtio_gpu_cmd_res_flush res 0x1, w 40, h 30, x 2, y 1
    21014@1795706914.521066:virtio_notify vdev 0x560d920fb3e0 vq 0x7fbb70d92010
    21014@1795706914.526943:virtio_gpu_cmd_res_xfer_toh_2d res 0x1
    21014@1795706914.527025:virtio_gpu_cmd_res_flush res 0x1, w 640, h 480, x 0, y 0
    21017@1795706914.537287:virtio_queue_notify vdev 0x560d920fb3e0 n 1 vq 0x7fbb70d920a8
    21014@1795706914.538272:virtio_gpu_update_cursor scanout 0, x 0, y 0, update, res 0x2
    21014@1795706914.538284:virtio_notify vdev 0x560d920fb3e0 vq 0x7fbb70d920a8
    21014@1795706914.538288:virtio_gpu_update_cursor scanout 0, x 1, y 1, move, res 0x2
    """.split(separator: "\n").map(String.init)

  @Test("a recorded trace is told frame by frame, with the names of the specification")
  func timeline() {
    let trace = GPUTrace(log: Self.recorded)
    let text = TraceTimeline(trace, count: 2).text
    let expected = """
      frame 1, 0.0 ms after the first doorbell: 7 commands, 2 doorbells, 1 interrupt
               +0 µs  doorbell   controlq
            +6512 µs  command    GET_DISPLAY_INFO
            +6530 µs  interrupt  controlq
           +45501 µs  doorbell   controlq
           +52716 µs  command    RESOURCE_CREATE_2D resource 1, 640x480
           +52752 µs  command    RESOURCE_ATTACH_BACKING resource 1
           +52756 µs  command    TRANSFER_TO_HOST_2D resource 1
           +53432 µs  command    SET_SCANOUT scanout 0, resource 1, 640x480 at 0,0
           +53474 µs  command    RESOURCE_FLUSH resource 1, 640x480 at 0,0
           +53480 µs  command    GET_EDID scanout 0

      frame 2, 105.9 ms after the first doorbell: 3 commands, 1 doorbell, 1 interrupt
               +0 µs  doorbell   controlq
           +16650 µs  command    TRANSFER_TO_HOST_2D resource 1 ×2
           +16868 µs  command    RESOURCE_FLUSH resource 1, 40x30 at 2,1
           +16876 µs  interrupt  controlq

      2 frames: 5.00 commands, 1.50 doorbells, 1.00 interrupts a frame, 105.9 ms from one to the next.
      """
    #expect(text == expected)
  }

  @Test("frames are counted and left out; what shows nothing is not one")
  func frames() throws {
    let trace = GPUTrace(log: Self.recorded)
    #expect(trace.frames.count == 3 && GPUTrace.frameCount(Self.recorded) == 3)
    // It was on its way already when the one before was done: no doorbell of its own.
    #expect(trace.frames[2].count(.doorbell) == 0 && trace.frames[2].count(.interrupt) == 0)
    #expect(
      trace.rest.events.map(\.text) == [
        "cursorq", "UPDATE_CURSOR scanout 0, at 0,0", "cursorq", "MOVE_CURSOR scanout 0, at 1,1",
      ])
    let last = TraceTimeline(trace, skipping: 2, count: 5).text
    #expect(last.hasPrefix("frame 3, 128.7 ms after the first doorbell: 2 commands, 0 doorbells"))
    #expect(last.hasSuffix("\n1 frame: 2.00 commands, 0.00 doorbells, 0.00 interrupts a frame."))
    // Without times, as other versions may log.
    let plain = Self.recorded.map { String($0.drop { $0 != ":" }.dropFirst()) }
    let told = TraceTimeline(GPUTrace(log: plain), count: 1).text
    #expect(told.hasPrefix("frame 1: 7 commands") && told.contains("     -  command    GET_EDID"))
  }

  @Test("a log without a trace, one without a GPU's commands, and missing events are told apart")
  func nothing() {
    let empty = GPUTrace(log: ["a complaint", "", "virtio_notify: failed"])
    #expect(!empty.hasEvents && empty.frames.isEmpty)
    let reset = GPUTrace(log: ["1@2.3:virtio_set_status vdev 0x1 val 0"])
    #expect(reset.hasEvents && reset.frames.isEmpty && reset.rest.count(.command) == 0)
    let known: Set = ["virtio_gpu_cmd_res_flush", "virtio_gpu_update_cursor", "virtio_set_status"]
    #expect(GPUTrace.missingEvents(in: known) == ["virtio_queue_notify", "virtio_notify"])
    #expect(GPUTrace.missingEvents(in: []).first == "virtio_gpu_cmd_*")
    for (failure, part) in [
      (TraceRun.Failure.unknownEvents(["a", "b"], version: "9.1"), "has no trace event a, b"),
      (.nothingLogged(version: "9.1"), "without the trace backend 'log'"),
      (.noFrame(image: "SelfTest", commandCount: 0), "SelfTest gave the GPU no command"),
      (.noFrame(image: "X", commandCount: 2), "2 commands, none of which shows a picture"),
    ] {
      #expect("\(failure)".contains(part))
    }
  }

  @Test("the Showcase's frames, as QEMU saw them")
  func showcase() async throws {
    var machine = MachineConfiguration(image: try Repository.image("Showcase"))
    machine.gpus = ["virtio-gpu-pci,xres=64,yres=48"]
    machine.append = "frames=6 pace=none"
    var run = TraceRun(machine)
    run.frameCount = .max
    let trace = try await MachineSlots.shared.run { [run] in try await run.run(on: QEMUProgram()) }
    #expect(trace.frames.count == 6)
    let first = try #require(trace.frames.first?.events)
    #expect(first.first?.kind == .doorbell && first.first?.time != nil)
    #expect(first.map(\.text).contains("RESOURCE_CREATE_2D resource 1, 64x48"))
    for frame in trace.frames.dropFirst() {
      #expect(frame.events.contains { $0.text.hasPrefix("TRANSFER_TO_HOST_2D resource 1") })
      #expect(frame.events.contains { $0.text.hasPrefix("RESOURCE_FLUSH resource 1, ") })
    }
    let doorbells = trace.frames.reduce(0) { $0 + $1.count(.doorbell) }
    #expect((2...12).contains(doorbells))
    // Closing shows nothing.
    #expect(trace.rest.events.contains { $0.text.hasPrefix("RESOURCE_UNREF") })
  }

  @Test("an image without a display is said to be one")
  func noDisplay() async throws {
    let run = TraceRun(MachineConfiguration(image: try Repository.image("SelfTest")))
    await #expect(throws: TraceRun.Failure.noFrame(image: "SelfTest", commandCount: 0)) {
      try await MachineSlots.shared.run { try await run.run(on: QEMUProgram()) }
    }
  }
}
