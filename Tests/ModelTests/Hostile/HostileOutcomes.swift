import Foundation
import Testing

/// What becomes of a case of the catalogue of hostile devices (`docs/requirements/hostile.tsv`).
enum HostileOutcome: CaseIterable {
  /// Nothing depends on it.
  case ignored
  /// The driver, or the kernel, goes on with less, and says so where somebody may want to know.
  case degraded
  /// A call says what is wrong; the next one works.
  case requestError
  /// It is said, and after a reset all is well.
  case recovered
  /// The device, or the table, is not used; the error has a name.
  case offline

  /// The declared outcomes of those rows for which there are tests. What is about order and ownership only,
  /// the rows SMP, has none.
  var rows: String {
    switch self {
    case .ignored:
      """
      P02 P04 P06 P07 P10 P11 P12 P13 P14 P16 P17 P19 P20 P21 P24 P25 P26 P31 P35 P36 P38 P39 P40 H02 \
      H13 H14 H15 H25 H26 H29 H31 Q11 Q14 Q15 Q16 Q17 Q18 Q19 Q20 Q21 Q22 Q25 Q28 Q33 Q34 K05 K06 K07 \
      K09 K12 K14 I01 I06 I07 I08 I09 I10 I13 G06 G07 G10 G39 T03 T07 M09 M11 M16 F06 F09 F13 F17 F21 \
      F26 F27 G12 G18 G19 G21 G40 G41 G42 G43 G47 G48 G49 I11 M10
      """
    case .degraded:
      """
      P05 P15 P32 P33 P34 H12 H18 H19 H27 H28 I02 I03 I04 I05 I15 G54 T06 M12 F15 F18 F19 F20 F22 F23 \
      F24 F25 F28 G14 G37 G45 P22
      """
    case .requestError:
      """
      H24 Q12 Q13 Q24 Q31 Q32 K13 G01 G02 G03 G04 G05 G08 G09 G11 G13 G53 T04 T08 T09 T12 M01 M02 M03 \
      M04 M08 M15 M18 Q26 Q27 K10 G15 G16 G17 G20 G32 G44 G46 H30 M05 M06 M14 T11
      """
    case .recovered:
      """
      H03 H06 H07 H08 H10 H20 H21 H23 H32 H33 Q01 Q02 Q03 Q04 Q05 Q06 Q07 Q08 Q09 Q10 Q23 Q29 Q30 Q35 \
      K01 K02 K03 K04 K11 K15 T01 T02 T05 T10
      """
    case .offline:
      """
      P01 P03 P08 P09 P18 P23 P27 P28 P29 P30 P37 H01 H04 H05 H11 H16 H17 H22 K08 M17 F01 F02 F03 F04 F05 \
      F07 F08 F10 F11 F12 F14 F16
      """
    }
  }
}

@Suite("Declared outcomes of hostile devices") struct HostileOutcomeTests {
  /// The ids of all rows that apply.
  private static func catalogue() throws -> [String] {
    let root = URL(filePath: #filePath).appending(path: "../../../..").standardized
    let table = root.appending(path: "docs/requirements/hostile.tsv")
    var ids: [String] = []
    for line in try String(contentsOf: table, encoding: .utf8).split(separator: "\n").dropFirst() {
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false)
      if let id = cells.first, cells.last == "in" { ids.append(String(id)) }
    }
    return ids
  }

  @Test("each row has one outcome at the most, and is in the catalogue")
  func unique() throws {
    let rows = HostileOutcome.allCases.flatMap { $0.rows.split(separator: " ").map(String.init) }
    #expect(Set(rows).count == rows.count)
    #expect(Set(rows).subtracting(try Self.catalogue()) == [])
  }
}
