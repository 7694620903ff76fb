import Testing
import VirtIO
import VirtIOPCI
import VirtIOTesting

/// MSI-X messages of a real device, in RAM.
@Suite struct MessageTests {
  /// `VIRTIO_GPU_CMD_GET_DISPLAY_INFO` and the length of its answer.
  private static let request: UInt32 = 0x0100
  private static let responseByteCount: UInt32 = 408

  @Test("used buffers and changed displays send their own messages")
  func messages() async throws {
    var configuration = HostedMachine.configuration()
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let function = try machine.function(ofType: 16)
      let vectors = try machine.messageVectors(of: function)
      #expect(vectors.count == 3)
      let configurationMail = try vectors.open(0, message: 0xc0de)
      let queueMail = try vectors.open(1, message: 0xbeef)
      #expect(throws: HostedError.noMessageVector(3, count: 3)) {
        try vectors.open(3, message: 1)
      }
      let transport = try machine.transport(function)
      transport.interrupts.unmask()
      let common = try #require(machine.registers(.common, of: function))
      let waiter = PollingWaiter(timeout: .seconds(1))
      let acknowledged = try AcknowledgedDevice(
        resetting: transport, on: machine.platform, waiting: waiter)
      var device = try acknowledged.negotiate(requiring: []) { _ in [] }

      // What the driver does by itself for queues that interrupt: each write is read back.
      common.write16(0, at: 0x10)
      #expect(common.read16(at: 0x10) == 0)
      common.write16(0, at: 0x16)
      common.write16(3, at: 0x1a)
      #expect(common.read16(at: 0x1a) == 0xffff, "There are three vectors, 0 to 2.")
      common.write16(1, at: 0x1a)
      #expect(common.read16(at: 0x1a) == 1)

      var queue: Virtqueue<CoherentRegion, PCIDoorbell<HostedAccess>, 16> =
        try device.makeQueue(0, on: machine.platform)
      var memory = try DMABuffer(byteCount: 512, alignment: 64, from: machine.platform)
      var bytes = memory.mutableBytes
      bytes.storeBytes(of: Self.request, as: UInt32.self)
      let chain = try queue.makeChain(
        readable: Segment(address: memory.deviceAddress, byteCount: 24),
        writable: Segment(
          address: memory.deviceAddress.advanced(by: 64), byteCount: Self.responseByteCount))
      let live = device.start()
      #expect(queueMail.take() == nil && configurationMail.take() == nil)

      for _ in 0..<3 {
        try queue.enqueue(chain, readableByteCount: 24)
        queue.publish()
        #expect(queueMail.take(within: .seconds(2)) == 0xbeef)
        // Whoever gets the message finds the buffer.
        let completion = try queue.nextCompletion()
        #expect(completion?.writtenByteCount == Self.responseByteCount)
        #expect(configurationMail.take() == nil)
      }

      try await machine.qemu.setDesktopSize(head: 0, width: 800, height: 600)
      #expect(configurationMail.take(within: .seconds(2)) == 0xc0de)
      #expect(queueMail.take() == nil)

      // Asked not to, the device sends none.
      queue.suppressInterrupts(true)
      try queue.enqueue(chain, readableByteCount: 24)
      queue.publish()
      #expect(try await eventually { try queue.nextCompletion() != nil })
      #expect(queueMail.take(within: .milliseconds(50)) == nil)

      let proof = try live.reset(on: machine.platform, waiting: waiter)
      queue.free(to: machine.platform, after: proof)
      memory.free(to: machine.platform)
      vectors.close()
      #expect(machine.memory.takenCount == 0)
      #expect(machine.qemu.guestErrors() == [])
    }
  }

  @Test("a function without vectors is said to have none")
  func withoutVectors() async throws {
    try await HostedMachine.run(HostedMachine.configuration("vectors=0")) { machine in
      let function = try machine.function(ofType: 16)
      #expect(throws: HostedError.noMessageVectors) { try machine.messageVectors(of: function) }
    }
  }

  @Test("CLEAN-1: on a bare queue, a truncated request stays out and others come back")
  func truncatedRequest() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      let waiter = PollingWaiter(timeout: .seconds(1))
      let acknowledged = try AcknowledgedDevice(
        resetting: machine.transport(), on: machine.platform, waiting: waiter)
      var device = try acknowledged.negotiate(requiring: []) { _ in [] }
      var queue: Virtqueue<CoherentRegion, PCIDoorbell<HostedAccess>, 8> =
        try device.makeQueue(0, on: machine.platform)
      #expect(queue.size == 8)
      var memory = try DMABuffer(byteCount: 2048, alignment: 64, from: machine.platform)
      var bytes = memory.mutableBytes
      bytes.storeBytes(of: Self.request, as: UInt32.self)
      let chains = try (0..<2).map { number in
        try queue.makeChain(
          readable: Segment(address: memory.deviceAddress, byteCount: 24),
          writable: Segment(
            address: memory.deviceAddress.advanced(by: 1024 * number + 64),
            byteCount: Self.responseByteCount))
      }
      let live = device.start()
      try queue.enqueue(chains[0], readableByteCount: 8)
      queue.publish()
      for _ in 0..<20 {
        try queue.enqueue(chains[1], readableByteCount: 24)
        queue.publish()
        var completion: Completion?
        #expect(
          try await eventually {
            completion = try queue.nextCompletion()
            return completion != nil
          })
        #expect(completion?.chain == chains[1])
      }
      #expect(queue.outstandingCount == 1)
      let proof = try live.reset(on: machine.platform, waiting: waiter)
      queue.free(to: machine.platform, after: proof)
      memory.free(to: machine.platform)
      #expect(machine.memory.takenCount == 0)
    }
  }
}
