import Foundation
import FuzzInputs
import FuzzTargets
import Testing

/// What the fuzzer has found to be worth keeping is tried again, without it.
@Suite("Corpora of the fuzzer") struct CorpusTests {
  private static let corpus = Corpus(
    at: URL(filePath: #filePath).appending(path: "../../../../Fuzzing/Corpus").standardized)

  @Test("nothing is found in what was found before", arguments: FuzzTarget.allCases)
  func replay(_ target: FuzzTarget) throws {
    #expect(try Self.corpus.replay(target.rawValue, target.run) == [])
  }

  @Test("inputs of nothing, and of the same byte throughout", arguments: FuzzTarget.allCases)
  func plain(_ target: FuzzTarget) {
    #expect(
      Corpus.replayPlain(byteCounts: Sweep.of([0, 2, 128, 1, 600], every: 2), target.run) == [])
  }

  @Test("each corpus is of a target, and each target has one")
  func boundaries() throws {
    #expect(try Self.corpus.boundaries() == Set(FuzzTarget.allCases.map(\.rawValue)))
  }
}
