import Foundation
import FuzzInputs
import FuzzTargets
import Testing

/// What the fuzzer has found to be worth keeping is tried again, without it.
@Suite("Corpora of the fuzzer") struct CorpusTests {
  private static let folder = URL(filePath: #filePath)
    .appending(path: "../../../../Fuzzing/Corpus").standardized

  /// The inputs that are kept for a target.
  private static func corpus(_ target: FuzzTarget) throws -> [URL] {
    try FileManager.default.contentsOfDirectory(
      at: folder.appending(path: target.rawValue), includingPropertiesForKeys: nil)
  }

  @Test("nothing is found in what was found before", arguments: FuzzTarget.allCases)
  func replay(_ target: FuzzTarget) throws {
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

  @Test("inputs of nothing, and of the same byte throughout", arguments: FuzzTarget.allCases)
  func plain(_ target: FuzzTarget) throws {
    for count in Sweep.of([0, 2, 128, 1, 600], every: 2) {
      for byte: UInt8 in [0, 1, 0x80, 0xff] {
        let bytes = [UInt8](repeating: byte, count: count)
        #expect(throws: Never.self) { try target.run(bytes.span) }
      }
    }
  }

  @Test("each corpus is of a target, and small")
  func size() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
    #expect(Set(names) == Set(FuzzTarget.allCases.map(\.rawValue)))
    for target in FuzzTarget.allCases { #expect(try Self.corpus(target).count <= 48) }
  }
}
