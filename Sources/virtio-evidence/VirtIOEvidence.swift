import ArgumentParser

/// Says which test shows which requirement.
@main
struct VirtIOEvidence: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virtio-evidence", abstract: "Says which test shows which requirement.",
    subcommands: [
      Write.self, Check.self, Coverage.self, Mutants.self, Models.self,
      Bounds.self, Census.self, Soak.self, Fuzz.self, Docs.self,
    ])
}
