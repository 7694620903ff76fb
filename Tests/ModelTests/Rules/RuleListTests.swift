import Foundation
import Testing
import VirtIOTesting

/// The list of rules itself.
@Suite struct RuleListTests {
  @Test("every rule of the model has a test that names it") func everyRuleIsTested() throws {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    var tested: Set<String> = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name.hasSuffix("RuleTests.swift") {
      let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
      for part in text.components(separatedBy: "@Test(").dropFirst() {
        let title = part.drop { $0 != "\"" }.dropFirst().prefix { $0 != ":" }
        tested.formUnion(String(title).components(separatedBy: ", "))
      }
    }
    for rule in ModelRule.allCases {
      #expect(tested.contains(rule.rawValue), "No test of a bad driver names \(rule.rawValue).")
    }
  }
}
