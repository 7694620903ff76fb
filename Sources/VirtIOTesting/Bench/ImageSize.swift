import Foundation

/// How many bytes of an image's code belong to which module, by the names of its functions.
///
/// What was inlined counts for the function that it was inlined into, and what the compiler made of a
/// generic function of another module for the module that it was made for, if its name tells.
package struct ImageSize: Sendable {
  /// Why an image tells nothing.
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  /// How much code each module has.
  package let modules: [String: Int]
  /// How much there is of constants.
  package let constantByteCount: Int

  /// All of it.
  package var byteCount: Int { modules.values.reduce(constantByteCount, +) }

  /// What VirtIOPCI has for kernels without a PCI of their own.
  package static let enumeration = "VirtIOPCI, enumeration"

  /// Looks at an ELF file.
  package init(elf path: String) async throws {
    let output = try await Command(Toolchain.tool("llvm-size"), ["-A", "-d", path]).collect()
    func section(_ name: String) -> Range<UInt64>? {
      for line in output.text.split(separator: "\n") {
        let words = line.split(separator: " ")
        guard words.count == 3, words[0] == name else { continue }
        guard let count = UInt64(words[1]), let start = UInt64(words[2]) else { return nil }
        return start..<start + count
      }
      return nil
    }
    guard let text = section(".text"), let constants = section(".rodata"),
      let data = FileManager.default.contents(atPath: path)
    else { throw Failure(description: "\(path) has no code: \(output.errorText)") }
    modules = Self.modules(of: try ELFSymbols([UInt8](data)).symbols, in: text)
    constantByteCount = constants.count
  }

  /// Gives each byte of the code to the function that it lies in, or after.
  package static func modules(of symbols: [ELFSymbols.Symbol], in text: Range<UInt64>)
    -> [String: Int]
  {
    var modules: [String: Int] = [:]
    // Of several names for an address, the last says most.
    var starts: [(address: UInt64, module: String)] = []
    for symbol in symbols where text.contains(symbol.address) {
      if starts.last?.address == symbol.address { starts.removeLast() }
      starts.append((symbol.address, module(of: symbol.name)))
    }
    for (place, start) in starts.enumerated() {
      let end = place + 1 < starts.count ? starts[place + 1].address : text.upperBound
      modules[start.module, default: 0] += Int(end - start.address)
    }
    return modules
  }

  private static let known = [
    "VirtIOPCI", "VirtIOGPU", "VirtIOGraphics", "VirtIO", "KernelAArch64", "KernelDeviceTree",
    "KernelMemory", "KernelInterrupts", "VirtBoard", "KernelHeap",
  ]

  /// The types of VirtIOPCI's enumeration, as mangled names have them.
  private static let enumerationTypes = [
    "13PCIHostBridge", "9PCIBridge", "6BusSet", "14AddressCursor", "3BARV", "9PCIReport",
  ]

  /// The module that a function belongs to.
  ///
  /// A mangled name holds each name with its length before it; the first module in it is the one that
  /// the function was written in, or made for.
  package static func module(of name: String) -> String {
    if name.hasPrefix("OUTLINED_FUNCTION") { return "shared by several" }
    guard name.hasPrefix("$e") else {
      return name.hasPrefix("cvirtio") ? "CVirtIO" : "KernelBoot"
    }
    let found = known.compactMap { module -> (place: String.Index, module: String)? in
      name.range(of: "\(module.utf8.count)\(module)").map { ($0.lowerBound, module) }
    }
    guard let module = found.min(by: { $0.place < $1.place })?.module else {
      return name.hasPrefix("$es") ? "Swift" : "the image"
    }
    let isEnumeration =
      module == "VirtIOPCI" && enumerationTypes.contains { name.hasPrefix("$e9VirtIOPCI\($0)") }
    return isEnumeration ? enumeration : module
  }
}
