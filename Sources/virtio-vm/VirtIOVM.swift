import ArgumentParser

/// The program's entry: its subcommands.
@main struct VirtIOVM: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virtio-vm",
    abstract: "Builds the kernel's images, boots them in QEMU, shows what they draw and measures.",
    discussion: """
      To begin with: 'virtio-vm boot Showcase' shows a picture, 'virtio-vm new NAME' makes a package \
      of your own, and 'virtio-vm list' tells what else there is.

      Your shell completes commands, options and names of images, once it is told how:
        bash: source <(virtio-vm --generate-completion-script bash)
        fish: virtio-vm --generate-completion-script fish | source
        zsh:  virtio-vm --generate-completion-script zsh >_virtio-vm
              in a folder that your fpath names
      'virtio-vm' has to be on PATH: 'swift build --product virtio-vm' leaves it in .build/debug.
      """,
    subcommands: [
      Bench.self, Boot.self, Build.self, List.self, New.self, Record.self, Report.self,
      Screenshot.self,
      Symbolize.self, Torture.self, Trace.self,
    ])
}
