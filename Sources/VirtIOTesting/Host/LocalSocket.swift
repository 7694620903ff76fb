import Foundation
import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A connected local ("Unix domain") stream socket with a deadline for every wait.
///
/// The only place of this library that speaks to the C socket interface. Its methods block: call
/// them on a ``BlockingLane``. ``shutDown()`` wakes whoever is blocked.
final class LocalSocket: Sendable {
  private let descriptor: Int32
  private let pending = Mutex<[UInt8]>([])

  /// Connects to the server that listens at `path`.
  init(connectingTo path: String) throws(LocalSocketError) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < capacity else { throw .pathTooLong(path, limit: capacity - 1) }
    // SAFETY: the tuple is `capacity` contiguous bytes and `bytes` is shorter.
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }

    #if os(Linux)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #else
    let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
    #endif
    guard descriptor >= 0 else { throw .system("socket", errno) }
    // A child we start meanwhile must not keep this connection open.
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    #if canImport(Darwin)
    var on: Int32 = 1
    // SAFETY: the option's value is the Int32 whose size is given.
    _ = unsafe setsockopt(
      descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
    #endif

    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    // SAFETY: `sockaddr_un` begins with the members of `sockaddr`, and its own size is passed.
    let result = unsafe withUnsafePointer(to: &address) { pointer in
      unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, length)
      }
    }
    guard result == 0 else {
      let code = errno
      _ = close(descriptor)
      throw .system("connect", code)
    }
    self.descriptor = descriptor
  }

  deinit {
    _ = close(descriptor)
  }

  /// Ends the conversation in both directions; a blocked call returns at once.
  func shutDown() {
    #if os(Linux)
    _ = shutdown(descriptor, Int32(SHUT_RDWR))
    #else
    _ = shutdown(descriptor, SHUT_RDWR)
    #endif
  }

  /// Sends all of `bytes`.
  func send(_ bytes: [UInt8], before deadline: ContinuousClock.Instant) throws(LocalSocketError) {
    var sent = 0
    while sent < bytes.count {
      try wait(for: Int16(POLLOUT), before: deadline)
      #if os(Linux)
      let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
      #else
      let flags = MSG_DONTWAIT
      #endif
      // SAFETY: the buffer lives for the call, and the slice keeps within it.
      let count = unsafe bytes.withUnsafeBytes { buffer in
        let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[sent...])
        return unsafe systemSend(descriptor, rest.baseAddress, rest.count, flags)
      }
      if count > 0 {
        sent += count
      } else if errno != EAGAIN && errno != EINTR {
        throw .system("send", errno)
      }
    }
  }

  /// Receives exactly `count` bytes.
  func receive(
    _ count: Int, before deadline: ContinuousClock.Instant
  ) throws(LocalSocketError) -> [UInt8] {
    while pending.withLock({ $0.count }) < count { try fill(before: deadline) }
    return pending.withLock { bytes in
      defer { bytes.removeFirst(count) }
      return Array(bytes.prefix(count))
    }
  }

  /// Receives one line, without its line feed and carriage return.
  func receiveLine(before deadline: ContinuousClock.Instant) throws(LocalSocketError) -> String {
    while true {
      let line = pending.withLock { bytes -> String? in
        guard let end = bytes.firstIndex(of: 0x0A) else { return nil }
        defer { bytes.removeSubrange(...end) }
        let text = bytes[..<end]
        return String(decoding: text.last == 0x0D ? text.dropLast() : text, as: UTF8.self)
      }
      if let line { return line }
      try fill(before: deadline)
    }
  }

  /// Adds what has arrived to the pending bytes; waits for at least one.
  private func fill(before deadline: ContinuousClock.Instant) throws(LocalSocketError) {
    try wait(for: Int16(POLLIN), before: deadline)
    var buffer = [UInt8](repeating: 0, count: 16_384)
    // SAFETY: the buffer lives for the call, which is told its length.
    let count = unsafe buffer.withUnsafeMutableBytes {
      unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
    }
    if count > 0 {
      pending.withLock { $0.append(contentsOf: buffer.prefix(count)) }
    } else if count == 0 {
      throw .closed
    } else if errno != EINTR && errno != EAGAIN {
      throw .system("recv", errno)
    }
  }

  private func wait(
    for events: Int16, before deadline: ContinuousClock.Instant
  ) throws(LocalSocketError) {
    while true {
      let left = ContinuousClock.now.duration(to: deadline)
      guard left > .zero else { throw .timedOut }
      // One second at most a turn keeps the sum in range and the deadline honest.
      let milliseconds = min(left / .milliseconds(1), 1000).rounded(.up)
      var entry = pollfd(fd: descriptor, events: events, revents: 0)
      // SAFETY: one entry, and the count says one.
      let ready = unsafe poll(&entry, 1, Int32(milliseconds))
      if ready > 0 { return }
      if ready < 0 && errno != EINTR { throw .system("poll", errno) }
    }
  }
}

/// The C function, under a name that does not hide behind the method of the same name.
private func systemSend(
  _ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int, _ flags: Int32
) -> Int {
  unsafe send(descriptor, bytes, count, flags)
}
