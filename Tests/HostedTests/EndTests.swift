import Foundation
import Synchronization
import Testing
import VirtIO
import VirtIOGPU
import VirtIOTesting

/// A QEMU that ends under a driver that does not look at its registers.
@Suite struct EndTests {
  @Test("a QEMU that ends while the driver only waits is noticed, with what it said last")
  func endedWhileWaiting() async throws {
    let started = Mutex<ContinuousClock.Instant?>(nil)
    var configuration = HostedMachine.configuration()
    // To standard error, where QEMU says little by itself.
    configuration.logItems = []
    configuration.extraArguments = ["-d", "guest_errors"]
    let outspoken = configuration
    let error = await #expect(throws: QEMUError.self) {
      try await HostedMachine.run(outspoken) { machine in
        let waiter = PollingWaiter(timeout: .seconds(1))
        var display = try machine.openScreen()
        let frame = try display.nextFrame(waiting: waiter)
        try display.finish(try display.present(frame), waiting: waiter)
        started.withLock { $0 = ContinuousClock.now }
        // The serial line has no register at this offset.
        machine.access.write32(0x0900_0f00, 1)
        // It closes its sockets in order.
        #expect(kill(machine.qemu.processIdentifier, SIGTERM) == 0)
        // The clock is all that this driver looks at.
        let start = machine.platform.now
        while machine.platform.now.since(start) < .seconds(25) { usleep(100) }
        #expect(machine.failure != nil)
        #expect(display.failureOfClosing(waiting: waiter) != nil)
      }
    }
    let text = error?.description ?? ""
    #expect(text.contains("QEMU ended while waiting for the driver to come to its end"))
    #expect(text.contains("pl011_write: Bad offset"))
    #expect(started.withLock { $0 }.map { ContinuousClock.now - $0 < .seconds(5) } == true)
  }
}
