import Testing
import VirtIOTesting

/// What the code has instead of locks, by the ids of the catalogue of hostile devices: one CPU runs the kernel,
/// and the compiler sees to it that a queue or an allocator has one user at a time.
@Suite struct ConcurrencyStructureTests {
  /// The code that is shipped.
  static let modules = [
    "Sources/VirtIO", "Sources/VirtIOPCI", "Sources/VirtIOMMIO", "Sources/VirtIOGPU",
    "Sources/VirtIORandom", "Sources/CVirtIO", "Kernel/Sources",
  ]

  /// The lines of a file, without what is said about them.
  private static func code(_ file: String) throws -> [Substring] {
    try Repository.text(file).split(separator: "\n").map { line in
      let parts = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)
      return parts.first ?? ""
    }
  }

  private static func sources(below folder: String) throws -> [String] {
    try Repository.files(below: folder).filter { file in
      [".swift", ".c", ".h", ".S"].contains { file.hasSuffix($0) }
    }
  }

  @Test("SMP19: there is no lock, and therefore no order of locks and none held across a wait")
  func noLocks() throws {
    // Exclusive loads and stores, and the words for locks of Swift and C.
    let lock =
      /\b(Mutex|NSLock|OSAllocatedUnfairLock|pthread_\w+|[sS]pin[lL]ock|ldaxr|stlxr|ldxr|stxr)\b/
    var count = 0
    for module in Self.modules {
      for file in try Self.sources(below: module) {
        count += 1
        for line in try Self.code(file) {
          #expect(line.firstMatch(of: lock) == nil, "\(file): \(line)")
        }
      }
    }
    #expect(count > 100)
  }

  @Test(
    "SMP07, SMP16: queues, displays and the allocator cannot be copied, or shared across threads")
  func oneUser() throws {
    for (file, type) in [
      ("Sources/VirtIO/Queue/Virtqueue.swift", "Virtqueue"),
      ("Sources/VirtIOGPU/Display/Display.swift", "Display"),
      ("Kernel/Sources/KernelMemory/Pages/PageAllocator.swift", "PageAllocator"),
      ("Kernel/Sources/KernelMemory/Heap/Heap.swift", "Heap"),
    ] {
      let text = try Repository.text(file)
      let start = try #require(text.firstRange(of: "struct \(type)"), "\(file)")
      let head = text[start.lowerBound...].prefix { $0 != "{" }
      #expect(head.contains("~Copyable"), "\(file): \(head)")
      #expect(!head.contains("Sendable"), "\(file): \(head)")
    }
  }

  @Test("SMP16: what runs in an interrupt knows no allocator")
  func handlersDoNotAllocate() throws {
    let allocation = /\b(Pages|PageAllocator|HeapArray|SwiftHeap|allocate|malloc|posix_memalign)\b/
    let files =
      try Self.sources(below: "Kernel/Sources/KernelInterrupts").filter {
        !$0.contains("ITS") && !$0.contains("Redistributor") && !$0.contains("GICv3")
      } + Self.sources(below: "Sources/VirtIO/Interrupts") + [
        "Kernel/Sources/VirtBoard/BoardInterrupts.swift",
        "Kernel/Sources/VirtBoard/BoardHandler.swift",
      ]
    #expect(files.count > 10)
    for file in files {
      for line in try Self.code(file) {
        #expect(line.firstMatch(of: allocation) == nil, "\(file): \(line)")
      }
    }
  }

  @Test("SMP17: no other CPU is ever started: nobody asks for it, in any way there is")
  func oneProcessor() throws {
    // PSCI's CPU_ON in both its forms, and the release of CPUs that spin on a table.
    let start = /\b(CPU_ON|0xc400_?0003|0x8400_?0003|cpu-release-addr|sev)\b/.ignoresCase()
    for file in try Self.sources(below: "Kernel/Sources") + Self.sources(below: "Kernel/Images") {
      for line in try Self.code(file) {
        #expect(line.firstMatch(of: start) == nil, "\(file): \(line)")
      }
    }
  }

  @Test(
    "SMP17: on a machine of 2, 4 or 8 CPUs the first draws, and the others stay off",
    arguments: [2, 4, 8])
  func moreProcessors(_ count: Int) async throws {
    var machine = MachineConfiguration(image: try Repository.image("TestCard"))
    machine.gpus = [MachineShape.gpu()]
    machine.extraArguments = ["-smp", "\(count)"]
    try await MachineSlots.shared.run(machine) { machine in
      try await machine.waitUntilReady()
      let picture = try await machine.picture(gpu: 0, head: 0)
      #expect(
        TestCardPicture.difference(picture, scanout: 0, width: 640, height: 480) == nil)
      let processors = try await machine.qmp.execute("query-cpus-fast")
      guard case .array(let list) = processors else {
        Issue.record("QEMU names no CPUs")
        return
      }
      #expect(list.count == count)
    }
  }
}
