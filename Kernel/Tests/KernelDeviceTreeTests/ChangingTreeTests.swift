import Foundation
import KernelDeviceTree
import Synchronization
import Testing

/// A tree that somebody else writes while it is read: a machine's monitor can.
@Suite("Trees that change")
struct ChangingTreeTests {
  /// The same memory at two places: what is written at one changes at the other, behind the reader's back.
  @safe private final class TwoViews: @unchecked Sendable {
    let count: Int
    private let written: UnsafeMutablePointer<UInt8>
    private let read: UnsafeMutablePointer<UInt8>

    init(_ bytes: [UInt8]) throws {
      count = bytes.count
      let url = FileManager.default.temporaryDirectory.appending(path: "tree-\(UUID())")
      try Data(bytes).write(to: url)
      defer { try? FileManager.default.removeItem(at: url) }
      let file = unsafe open(url.path, O_RDWR)
      defer { close(file) }
      unsafe written = try Self.view(of: file, bytes.count)
      unsafe read = try Self.view(of: file, bytes.count)
    }

    private static func view(of file: Int32, _ count: Int) throws -> UnsafeMutablePointer<UInt8> {
      let view = unsafe mmap(nil, count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
      let start = try unsafe #require(view != MAP_FAILED ? view : nil)
      return unsafe start.assumingMemoryBound(to: UInt8.self)
    }

    deinit {
      unsafe munmap(written, count)
      unsafe munmap(read, count)
    }

    func write(_ byte: UInt8, at offset: Int) { unsafe written[offset] = byte }
    func write(_ bytes: [UInt8]) { for index in bytes.indices { write(bytes[index], at: index) } }

    /// Reads all there is to read, or says why it is no tree.
    ///
    /// - Parameter change: What happens when the tree has been checked.
    func readTree(_ change: () -> Void = {}) -> (
      machine: MachineDescription, error: DeviceTreeError?
    ) {
      var machine = MachineDescription()
      do throws(DeviceTreeError) {
        let tree = try unsafe DeviceTree(Span(_unsafeStart: UnsafePointer(read), count: count))
        change()
        try machine.read(tree)
        var node: DeviceTreeNode? = tree.root
        while let next = node {
          var property = tree.property(after: nil, of: next)
          while let found = property {
            _ = tree.text(of: found.value).count
            property = tree.property(after: found, of: next)
          }
          node = tree.node(after: next)
        }
        return (machine, nil)
      } catch {
        return (machine, error)
      }
    }
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }

  @Test(
    "F30: a tree that changes while it is read is refused or read, within its bounds and to an end",
    .timeLimit(.minutes(1)), arguments: ["board", "virt-default"])
  func changing(_ name: String) throws {
    let good = try Blob(name)
    let views = try TwoViews(good.bytes)
    let isOver = Flag()
    var (count, wholeCount) = (0, 0)
    // A thread of its own: whoever reads may have to wait for nobody.
    let hasEnded = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      var random = HostileTreeTests.Sequence(state: 30)
      while !isOver.value.load(ordering: .relaxed) {
        for _ in 0..<8 {
          // The header as often as all the rest.
          let bound = Bool.random(using: &random) ? 40 : good.bytes.count
          views.write(
            .random(in: 0...255, using: &random), at: .random(in: 0..<bound, using: &random))
        }
        views.write(good.bytes)
        for _ in 0..<Int.random(in: 0..<200, using: &random) { views.write(good.bytes[0], at: 0) }
      }
      hasEnded.signal()
    }
    for _ in 0..<2000 {
      let (machine, error) = views.readTree()
      if machine.memory.count <= 32, machine.reservations.count <= 32 { count += 1 }
      if error == nil { wholeCount += 1 }
    }
    isOver.value.store(true, ordering: .relaxed)
    hasEnded.wait()
    #expect(count == 2000)
    #expect((1..<2000).contains(wholeCount), "some of each kind")
    // When nobody writes any more, it is the tree that it was.
    views.write(good.bytes)
    #expect(summary(views.readTree().machine) == summary(good.read().machine))
  }

  @Test(
    "F30: a length, or a block, that grew after it was checked is refused, without a walk of gigabytes"
  )
  func grown() throws {
    let good = try Blob("virt-default")
    func word(_ offset: Int) -> Int {
      good.bytes[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    let start = word(8)
    let property = try #require(
      stride(from: start, to: start + word(36), by: 4).first { word($0) == 3 })
    for places in [[property + 4], [36], [property + 4, 36]] {
      let views = try TwoViews(good.bytes)
      let error = views.readTree {
        for place in places {
          // The block is said to be longer than the value, so that only what is there can end it.
          for byte in 0..<4 { views.write(place == 36 ? 0xf0 : 0x70, at: place + byte) }
        }
      }.error
      // The block alone may say what it likes: the root ends where it did.
      #expect(error == (places == [36] ? nil : .truncated(offset: UInt32(property))), "\(places)")
    }
  }
}
