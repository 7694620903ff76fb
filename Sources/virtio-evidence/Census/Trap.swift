import VirtIOTesting

/// An instruction that ends the kernel, in code of a module that must not.
struct Trap: CustomStringConvertible {
  let instruction: Disassembly.Instruction

  /// Those in functions of the modules, and in what was put from them into others.
  static func all(in text: Disassembly, of modules: [String]) -> [Trap] {
    text.instructions.filter { instruction in
      instruction.name == "brk"
        && modules.contains { module in
          isOf(module, instruction.function)
            || instruction.places.contains {
              isOf(module, $0.function) || $0.path.contains("/Sources/\(module)/")
            }
        }
    }.map(Trap.init)
  }

  /// Whether a mangled name is that of a function of a module: each copy that the compiler has made for certain
  /// types bears the name of what it is a copy of, and so does an extension of a type of another module.
  private static func isOf(_ module: String, _ function: String) -> Bool {
    let word = "\(module.utf8.count)\(module)"
    return function.hasPrefix("$e\(word)")
      || function.hasPrefix("$es") && function.contains("V\(word)")
  }

  var description: String {
    let place = instruction.places.first { $0.line > 0 && $0.path.contains("/Sources/") }
    return "trap at \(place.map { "\($0.path):\($0.line)" } ?? instruction.address) "
      + "in \(instruction.function)"
  }
}
