import Foundation
import FuzzInputs
import KernelFuzzTargets
import Testing

/// What the fuzzer has found to be worth keeping is tried again, without it.
@Suite("Corpora of the kernel's fuzzer") struct KernelCorpusTests {
  private static let corpus = Corpus(
    at: URL(filePath: #filePath).appending(path: "../../../Fuzzing/Corpus").standardized)

  @Test("nothing is found in what was found before", arguments: KernelFuzzTarget.allCases)
  func replay(_ target: KernelFuzzTarget) throws {
    #expect(try Self.corpus.replay(target.rawValue, target.run) == [])
  }

  @Test("inputs of nothing, and of the same byte throughout", arguments: KernelFuzzTarget.allCases)
  func plain(_ target: KernelFuzzTarget) {
    #expect(Corpus.replayPlain(byteCounts: [0, 1, 2, 128, 600], target.run) == [])
  }

  @Test("each corpus is of a target, and each target has one")
  func boundaries() throws {
    #expect(try Self.corpus.boundaries() == Set(KernelFuzzTarget.allCases.map(\.rawValue)))
  }
}
