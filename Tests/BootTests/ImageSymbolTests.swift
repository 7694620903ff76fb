import Testing
import VirtIOTesting

/// The linked images: what they contain, and that nothing is missing in them.
@Suite struct ImageSymbolTests {
  /// The images that the design names; each must have been built.
  static let images = ["TestCard", "Minimal", "Showcase"]

  private static func symbols(_ image: String, _ options: [String]) async throws -> [String] {
    let output = try await Command(
      Toolchain.tool("llvm-nm"), options + [Repository.image(image)]
    ).collect()
    try #require(output.succeeded, "\(output.errorText)")
    return output.text.split(separator: "\n").compactMap { line in
      line.split(separator: " ").last.map(String.init)
    }
  }

  @Test(arguments: images)
  func nothingIsUndefined(_ image: String) async throws {
    #expect(try await Self.symbols(image, ["--undefined-only"]) == [])
  }

  @Test func minimalLinksNoAllocator() async throws {
    let symbols = try await Self.symbols("Minimal", [])
    // An image without any symbol would prove nothing.
    #expect(symbols.contains("_start"))
    #expect(Set(symbols).isDisjoint(with: ["posix_memalign", "free"]))
  }
}
