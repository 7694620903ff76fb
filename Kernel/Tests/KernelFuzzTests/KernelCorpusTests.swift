import Foundation
import FuzzInputs
import KernelFuzzTargets
import Testing

/// What the fuzzer has found to be worth keeping is tried again, without it.
@Suite("Corpora of the kernel's fuzzer") struct KernelCorpusTests {
  private static let folder = URL(filePath: #filePath)
    .appending(path: "../../../Fuzzing/Corpus").standardized

  /// The inputs that are kept for a target.
  private static func corpus(_ target: KernelFuzzTarget) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: folder.appending(path: target.rawValue), includingPropertiesForKeys: nil)
  }

  @Test("nothing is found in what was found before", arguments: KernelFuzzTarget.allCases)
  func replay(_ target: KernelFuzzTarget) throws {
    let files = try Self.corpus(target)
    #expect(files.count > 3)
    for file in files {
      let bytes = try [UInt8](Data(contentsOf: file))
      #expect(bytes.count <= 4096)
      do {
        try target.run(bytes.span)
      } catch {
        Issue.record("\(file.lastPathComponent): \(error)")
      }
    }
  }

  @Test("inputs of nothing, and of the same byte throughout", arguments: KernelFuzzTarget.allCases)
  func plain(_ target: KernelFuzzTarget) throws {
    for count in [0, 1, 2, 128, 600] {
      for byte: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
        let bytes = [UInt8](repeating: byte, count: count)
        #expect(throws: Never.self) { try target.run(bytes.span) }
      }
    }
  }

  @Test("each corpus is of a target, and small")
  func size() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(names) == Set(KernelFuzzTarget.allCases.map(\.rawValue)))
    for target in KernelFuzzTarget.allCases { #expect(try Self.corpus(target).count <= 48) }
  }
}
