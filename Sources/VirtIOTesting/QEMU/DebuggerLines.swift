/// What to paste into a shell to debug a stopped machine.
package struct DebuggerLines: Sendable {
  /// The file with the symbols, as one word of the shell.
  private let symbols: String
  private let port: UInt16

  /// Lines for a machine that was started from `image`, `.elf` or `.img`, and waits at a port of this computer.
  package init(image: String, port: UInt16) {
    let elf = image.hasSuffix(".img") ? image.dropLast(".img".count) + ".elf" : image
    symbols = ShellWord.quote(elf)
    self.port = port
  }

  /// For the debugger of GNU, as distributions call the one that knows all processors.
  package var gdb: String { "gdb-multiarch \(symbols) -ex 'target remote 127.0.0.1:\(port)'" }

  /// For the debugger of LLVM, which comes with Swift.
  package var lldb: String { "lldb \(symbols) -o 'gdb-remote 127.0.0.1:\(port)'" }
}
