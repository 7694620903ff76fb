import Foundation
import Synchronization
import Testing
import VirtIO
import VirtIOGPU
import VirtIOPCI
import VirtIOTesting

/// A display that sleeps until a real device interrupts it.
@Suite struct InterruptTests {
  @Test(
    "F-MSIX, MSIX-1, MSIX-5, S13: messages arrive where they were routed to, and wake who waits",
    arguments: [1, 2, 3, 64])
  func messages(count: Int) async throws {
    var configuration = HostedMachine.configuration("vectors=\(count)")
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let transport = try machine.transport()
      let interrupts = transport.interrupts
      let platform = try SleepyPlatform(machine)
      var display = try Display.open(transport, on: platform, waiting: .polling(.seconds(2)))
      try Self.showFrames(3, on: &display, waiting: PollingWaiter(timeout: .seconds(1)))
      #expect(platform.takeMail() == [])

      #expect(interrupts.vectorCount == min(count, 3))
      let queue = min(interrupts.vectorCount - 1, 1)
      for vector in 0..<interrupts.vectorCount {
        #expect(interrupts.route(vector, to: platform.message(of: vector)))
      }
      interrupts.unmask()
      // Nothing was asked for yet; but QEMU sends the very first, whatever the event index says.
      #expect(platform.takeMail().count <= 1)
      platform.handler = display.interruptHandler
      display.enableInterrupts()
      #expect(try !display.takeDisplayEvent(waiting: .polling(.seconds(1))))

      machine.trace.start()
      for _ in 0..<10 {
        let waiter = display.interruptWaiter(timeout: .seconds(2))
        try Self.showFrames(1, on: &display, waiting: waiter)
        #expect(platform.awaitMail() == [queue])
      }
      let frames = machine.trace.stop()
      #expect(
        frames.map(\.description) == Array(repeating: "write16 notification 0x0 = 0x0", count: 10))

      // A display that changes sends the other message, and costs registers only then.
      try await machine.qemu.setDesktopSize(head: 0, width: 320, height: 240)
      #expect(platform.awaitMail() == [0])
      #expect(try display.takeDisplayEvent(waiting: display.interruptWaiter(timeout: .seconds(2))))
      #expect(display.scanouts[0].width == 320)
      try Self.showFrames(1, on: &display, waiting: display.interruptWaiter(timeout: .seconds(2)))
      try await Self.finish(display, interrupts, platform, machine)
    }
  }

  @Test(
    "F-INTX, PCI-ISR-D-1, PCI-CFGINT-1: by the line, one read says both causes and lets go of it")
  func line() async throws {
    var configuration = HostedMachine.configuration("vectors=0")
    configuration.display = .heads(1)
    try await HostedMachine.run(configuration) { machine in
      let function = try machine.function(ofType: Screen.deviceType)
      let transport = try machine.transport(function)
      let interrupts = transport.interrupts
      let platform = try SleepyPlatform(machine)
      var display = try Display.open(transport, on: platform, waiting: .polling(.seconds(2)))
      #expect(interrupts.vectorCount == 0 && interrupts.linePin == 1)
      let handler = display.interruptHandler
      interrupts.enableLine()
      display.enableInterrupts()
      _ = try display.takeDisplayEvent(waiting: .polling(.seconds(1)))
      _ = handler.handleLineInterrupt()
      #expect(!handler.handleLineInterrupt(), "The line is somebody else's.")

      try Self.showFrames(1, on: &display, waiting: PollingWaiter(timeout: .seconds(1)))
      try await machine.qemu.setDesktopSize(head: 0, width: 320, height: 240)
      // Interrupt Status, in configuration space.
      let isPulled = { function.configuration.read16(at: 6) & 8 != 0 }
      #expect(try await eventually { isPulled() })
      machine.trace.start()
      #expect(handler.handleLineInterrupt())
      #expect(machine.trace.stop().map(\.description) == ["read8 interruptStatus 0x0 = 0x3"])
      #expect(!isPulled() && !handler.handleLineInterrupt())
      #expect(try display.takeDisplayEvent(waiting: .polling(.seconds(1))))

      platform.handler = handler
      platform.usesLine = true
      try Self.showFrames(5, on: &display, waiting: display.interruptWaiter(timeout: .seconds(2)))
      try await Self.finish(display, interrupts, platform, machine)
    }
  }

  private static func showFrames(
    _ count: Int, on display: inout Display<SleepyPlatform, ScreenTransport>,
    waiting waiter: some Waiter
  ) throws {
    for _ in 0..<count {
      let frame = try display.nextFrame(waiting: waiter)
      try display.finish(try display.present(frame), waiting: waiter)
    }
  }

  private static func finish(
    _ display: consuming Display<SleepyPlatform, ScreenTransport>,
    _ interrupts: PCIInterrupts<HostedAccess>, _ platform: SleepyPlatform, _ machine: HostedMachine
  ) async throws {
    interrupts.mask()
    interrupts.disableLine()
    try display.close(waiting: .polling(.seconds(1)))
    platform.close()
    #expect(machine.memory.takenCount == 0)
    #expect(machine.qemu.guestErrors() == [])
  }
}
