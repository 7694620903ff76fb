import Foundation

/// What computer this is, for a report.
package struct HostFacts: Sendable, Equatable {
  /// The operating system, with its version.
  package var system: String
  /// The kind of processor, and which.
  package var processor: String
  /// The Swift compiler's version.
  package var swift: String

  /// Facts that somebody else has found out.
  package init(system: String, processor: String, swift: String) {
    self.system = system
    self.processor = processor
    self.swift = swift
  }

  /// Asks this computer.
  package static func current() async -> HostFacts {
    let swift = await output("swift", ["--version"])
    return HostFacts(
      system: await system(), processor: await processor(),
      swift: swiftVersion(swift) ?? "unknown")
  }

  private static func system() async -> String {
    #if os(macOS)
    let version = ProcessInfo.processInfo.operatingSystemVersion
    return "macOS \(version.majorVersion).\(version.minorVersion)"
    #else
    let release = FileManager.default.contents(atPath: "/etc/os-release") ?? Data()
    if let name = releaseName(String(decoding: release, as: UTF8.self)) { return name }
    return await output("uname", ["-sr"])
    #endif
  }

  private static func processor() async -> String {
    let kind = await output("uname", ["-m"])
    #if os(macOS)
    let name: String? = await output("sysctl", ["-n", "machdep.cpu.brand_string"])
    #else
    let list = FileManager.default.contents(atPath: "/proc/cpuinfo") ?? Data()
    var name = modelName(String(decoding: list, as: UTF8.self))
    // Of an arm64 processor the kernel tells numbers only.
    if name == nil { name = modelName(await output("lscpu", [])) }
    #endif
    return [kind, name ?? ""].filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// What a program says; nothing if it is not there or fails.
  private static func output(_ program: String, _ arguments: [String]) async -> String {
    let output = try? await Command(program, arguments).collect()
    return output?.text.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
  }

  /// The name of a distribution, as `/etc/os-release` has it.
  package static func releaseName(_ text: String) -> String? {
    for line in text.split(separator: "\n") where line.hasPrefix("PRETTY_NAME=") {
      let name = line.dropFirst("PRETTY_NAME=".count).trimming("\"'")
      return name.isEmpty ? nil : name
    }
    return nil
  }

  /// A processor's name, as `/proc/cpuinfo` or `lscpu` has it.
  package static func modelName(_ text: String) -> String? {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2,
        parts[0].trimming(" \t").lowercased() == "model name"
      else { continue }
      let name = parts[1].split(separator: " ").joined(separator: " ")
      return ["", "-"].contains(name) ? nil : name
    }
    return nil
  }

  /// The compiler's version in what it says of itself.
  package static func swiftVersion(_ text: String) -> String? {
    text.firstMatch(of: /Swift version ([^ \n]+)/).map { String($0.1) }
  }
}

extension Substring {
  /// The text without certain characters at its ends.
  fileprivate func trimming(_ characters: String) -> String {
    trimmingCharacters(in: CharacterSet(charactersIn: characters))
  }
}
