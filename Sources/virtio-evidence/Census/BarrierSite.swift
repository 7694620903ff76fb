import Foundation
import VirtIOTesting

/// A function that shows memory to a device or looks at what a device shows, and the instructions that put its
/// accesses in order.
///
/// Where caches are not snooped, `dsb` does the same for all: it is in a function of the kernel's that is called.
struct BarrierSite {
  /// What it is called here.
  let id: String
  /// What its mangled name contains.
  let function: String
  /// The instructions, as often as they have to be there at least. Their order is the source's.
  let instructions: [String]

  /// The sites of Tests/barriers.tsv.
  static func all(in root: URL) throws -> [BarrierSite] {
    try Table(contentsOf: root.appendingPathComponent("Tests/barriers.tsv")).rows.map { row in
      BarrierSite(
        id: row["site"] ?? "", function: row["function"] ?? "",
        instructions: (row["instructions"] ?? "").split(separator: " ").map(String.init))
    }
  }

  /// A function of an image that has the site's code in it.
  struct Copy {
    /// What it lacks; nil if nothing.
    let fault: String?
  }

  /// All functions that have the site's code in them.
  func copies(in text: Disassembly) -> [Copy] {
    var bodies: [String: [Disassembly.Instruction]] = [:]
    for instruction in text.instructions
    where instruction.places.contains(where: { $0.function.contains(function) }) {
      bodies[instruction.function, default: []].append(instruction)
    }
    // What several functions have in common the compiler moves to one of its own, of which it does not say where
    // it comes from.
    for instruction in text.instructions where bodies[instruction.function] != nil {
      bodies[instruction.function]? += text.outlined(by: instruction)
    }
    return bodies.map { name, body in Copy(fault: fault(of: body, in: name)) }
  }

  private func fault(of body: [Disassembly.Instruction], in name: String) -> String? {
    let isMaintained =
      name.contains("NonCoherent")
      || body.contains {
        $0.places.contains { $0.path.hasSuffix("/NonCoherentRegion.swift") }
      }
    if isMaintained { return nil }
    // What only goes on in what several functions are alike in: that is a copy of its own.
    if body.count == 1, body[0].name == "b" { return nil }
    var rest = instructions
    for instruction in body {
      if let index = rest.firstIndex(of: instruction.name) { rest.remove(at: index) }
    }
    return rest.isEmpty ? nil : "\(id): no \(rest.joined(separator: ", ")) in \(name)"
  }
}
