import ArgumentParser

/// The program's entry: its subcommands.
@main struct VirtIOVM: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virtio-vm",
    abstract: "Builds the kernel's images, boots them in QEMU, shows what they draw and measures.",
    subcommands: [
      Bench.self, Boot.self, Build.self, List.self, New.self, Record.self, Report.self,
      Screenshot.self,
      Symbolize.self, Torture.self, Trace.self,
    ])
}
