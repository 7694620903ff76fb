import Foundation
import Synchronization
import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// The hosted machine itself, when things go wrong.
@Suite struct FailureTests {
  private static let second = PollingWaiter(timeout: .seconds(1))

  @Test("a QEMU that is ended under the driver ends the test, with what it said last")
  func endedQEMU() async throws {
    let started = Mutex<ContinuousClock.Instant?>(nil)
    let reads = Mutex<[UInt64]>([])
    var configuration = HostedMachine.configuration()
    // To standard error, where QEMU says little by itself.
    configuration.logItems = []
    configuration.extraArguments = ["-d", "guest_errors"]
    let outspoken = configuration
    let error = await #expect(throws: QEMUError.self) {
      try await HostedMachine.run(outspoken) { machine in
        var display = try machine.openScreen()
        let frame = try display.nextFrame(waiting: Self.second)
        try display.finish(try display.present(frame), waiting: Self.second)
        started.withLock { $0 = ContinuousClock.now }
        // The serial line has no register at this offset.
        machine.access.write32(0x0900_0f00, 1)
        #expect(kill(machine.qemu.processIdentifier, SIGKILL) == 0)
        do {
          while true {
            let frame = try display.nextFrame(waiting: PollingWaiter(timeout: .seconds(60)))
            let presentation = try display.present(frame)
            try display.finish(presentation, waiting: PollingWaiter(timeout: .seconds(60)))
          }
        } catch {
          #expect(machine.failure != nil)
          // From now on, there is no device, and the driver comes to its end by itself.
          let values = [
            UInt64(machine.access.read8(0x40_1000_0000)),
            UInt64(machine.access.read16(0x40_1000_0000)),
            UInt64(machine.access.read32(0x40_1000_0000)),
          ]
          reads.withLock { $0 = values }
          let end = display.failureOfClosing(waiting: PollingWaiter(timeout: .seconds(60)))
          #expect(end != nil)
          throw error
        }
      }
    }
    #expect(reads.withLock { $0 } == [0xff, 0xffff, 0xffff_ffff])
    let text = error?.description ?? ""
    #expect(text.contains("QEMU ended while waiting for"))
    #expect(text.contains("pl011_write: Bad offset"))
    #expect(started.withLock { $0 }.map { ContinuousClock.now - $0 < .seconds(5) } == true)
  }

  @Test("a QEMU that does not answer ends the test once patience is at its end")
  func silentQEMU() async throws {
    let process = Mutex<Int32>(0)
    let error = await #expect(throws: QEMUError.self) {
      let configuration = HostedMachine.configuration()
      try await HostedMachine.run(configuration, patience: .milliseconds(300)) { machine in
        _ = try machine.function(ofType: 16)
        process.withLock { $0 = machine.qemu.processIdentifier }
        #expect(kill(machine.qemu.processIdentifier, SIGSTOP) == 0)
        #expect(machine.access.read32(0x40_1000_0000) == .max)
        #expect(throws: QEMUError.self) { try machine.function(ofType: 16) }
      }
    }
    #expect(error?.description.contains("No answer came before the deadline") == true)
    #expect(kill(process.withLock { $0 }, 0) != 0, "QEMU was ended all the same.")
  }

  @Test("a body that never ends is left behind at the deadline")
  func endlessBody() async throws {
    let isOver = Atomic(false)
    let started = Mutex<ContinuousClock.Instant?>(nil)
    let error = await #expect(throws: QEMUError.self) {
      try await HostedMachine.run(
        HostedMachine.configuration(), deadline: .seconds(1)
      ) { machine in
        started.withLock { $0 = ContinuousClock.now }
        // A driver that does not even look at the clock.
        while !isOver.load(ordering: .relaxed) { _ = machine.access.read32(0x40_1000_0000) }
      }
    }
    isOver.store(true, ordering: .relaxed)
    #expect(error?.description.contains("still running after 1.0 seconds") == true)
    #expect(started.withLock { $0 }.map { ContinuousClock.now - $0 < .seconds(6) } == true)
  }

  @Test("what the body throws is thrown, and QEMU is gone")
  func throwingBody() async throws {
    struct Reason: Error {}
    let process = Mutex<Int32>(0)
    await #expect(throws: Reason.self) {
      try await HostedMachine.run(HostedMachine.configuration()) { machine in
        process.withLock { $0 = machine.qemu.processIdentifier }
        throw Reason()
      }
    }
    #expect(kill(process.withLock { $0 }, 0) != 0)
  }

  @Test("memory that is given back twice fails the test")
  func doubleFree() async throws {
    await #expect(throws: HostedError.freedTwice(address: 0x4020_0000)) {
      try await HostedMachine.run(HostedMachine.configuration()) { machine in
        let region = try #require(machine.platform.allocate(byteCount: 5000, alignment: 64))
        #expect(machine.memory.takenByteCount == 8192 && machine.memory.takenCount == 1)
        machine.platform.free(region)
        machine.platform.free(region)
      }
    }
  }

  @Test("RAM is zeroed, aligned, shared with QEMU, and all of it comes back")
  func memory() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      let before = machine.memory.takenByteCount
      let regions = try (1...50).map { number in
        try #require(machine.platform.allocate(byteCount: number * 1000, alignment: 4096))
      }
      for region in regions {
        #expect(region.deviceAddress.rawValue % 4096 == 0)
        let bytes = machine.memory.bytes(at: region.deviceAddress, count: region.byteCount)
        #expect(bytes.count == region.byteCount && bytes.allSatisfy { $0 == 0 })
      }
      let word = regions[7]
      word.store32(0x1234_5678, uncheckedAt: 4)
      #expect(machine.access.read32(UInt(word.deviceAddress.rawValue) + 4) == 0x1234_5678)
      machine.access.write16(UInt(word.deviceAddress.rawValue) + 6, 0xabcd)
      #expect(word.load32(uncheckedAt: 4) == 0xabcd_5678)
      for index in regions.indices where index % 2 == 0 { machine.platform.free(regions[index]) }
      for index in regions.indices where index % 2 == 1 { machine.platform.free(regions[index]) }
      #expect(machine.memory.takenByteCount == before)
      // All in one piece again: 128 MiB without the 2 MiB of the tree.
      let whole = try #require(machine.platform.allocate(byteCount: 126 << 20, alignment: 4096))
      #expect(machine.platform.allocate(byteCount: 1, alignment: 1) == nil)
      machine.platform.free(whole)
      #expect(machine.memory.region(at: HostedMemory.firstAddress, byteCount: 129 << 20) == nil)
    }
  }

  @Test("a device that is not there is named")
  func missingDevice() async throws {
    try await HostedMachine.run(HostedMachine.configuration()) { machine in
      #expect(throws: HostedError.noDevice(type: 16, index: 1)) {
        try machine.function(ofType: 16, index: 1)
      }
      #expect(throws: HostedError.noDevice(type: 2, index: 0)) {
        try machine.function(ofType: 2)
      }
    }
  }

  @Test("without QEMU on PATH, the error says how to install it")
  func missingQEMU() async {
    await #expect(processExitsWith: .success) {
      // SAFETY: this runs in a process of its own, where nobody else reads the environment.
      _ = unsafe setenv("PATH", "/nonexistent", 1)
      do {
        try await HostedMachine.run { _ in }
      } catch let error as QEMUError {
        let text = error.description
        if text.contains("apt install qemu-system-arm"), text.contains("brew install qemu") {
          exit(EXIT_SUCCESS)
        }
      }
      exit(EXIT_FAILURE)
    }
  }
}
