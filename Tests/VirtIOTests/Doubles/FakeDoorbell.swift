import VirtIO

/// Rings for one queue of a ``FakeTransport``.
package struct FakeDoorbell: Doorbell {
  let transport: FakeTransport
  let queue: UInt16

  package func ring(next: UInt16) {
    transport.hear(queue, next: next)
  }
}
