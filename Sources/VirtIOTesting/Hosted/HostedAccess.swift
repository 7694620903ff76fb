public import VirtIO

/// Registers of a device in QEMU: each access goes over its qtest socket and waits for the answer.
///
/// If QEMU dies or does not answer, reads give all ones, as they do where no device is. The driver
/// then ends by its own rules, and ``HostedMachine/run(_:deadline:patience:_:)`` says why.
public struct HostedAccess: RegisterAccess, Sendable {
  private let link: RegisterLink
  private let trace: AccessTrace?

  /// - Parameter trace: Who is told of each access; nil for nobody.
  init(_ link: RegisterLink, trace: AccessTrace?) {
    self.link = link
    self.trace = trace
  }

  /// The same registers, behind the trace's back.
  var untraced: HostedAccess { HostedAccess(link, trace: nil) }

  private func read(_ address: UInt, width: Int) -> UInt64 {
    let value = link.read(address, width: width)
    trace?.append(address, width: width, isWrite: false, value: value)
    return value
  }

  private func write(_ address: UInt, _ value: UInt64, width: Int) {
    // First, so that the trace is in order even if the write wakes another thread.
    trace?.append(address, width: width, isWrite: true, value: value)
    link.write(address, value, width: width)
  }

  /// Reads one byte.
  public func read8(_ address: UInt) -> UInt8 {
    UInt8(truncatingIfNeeded: read(address, width: 1))
  }
  /// Reads two bytes.
  public func read16(_ address: UInt) -> UInt16 {
    UInt16(truncatingIfNeeded: read(address, width: 2))
  }
  /// Reads four bytes.
  public func read32(_ address: UInt) -> UInt32 {
    UInt32(truncatingIfNeeded: read(address, width: 4))
  }
  /// Writes one byte.
  public func write8(_ address: UInt, _ value: UInt8) { write(address, UInt64(value), width: 1) }
  /// Writes two bytes.
  public func write16(_ address: UInt, _ value: UInt16) { write(address, UInt64(value), width: 2) }
  /// Writes four bytes.
  public func write32(_ address: UInt, _ value: UInt32) { write(address, UInt64(value), width: 4) }
}
