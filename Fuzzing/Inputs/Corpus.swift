public import Foundation

/// Inputs that the fuzzer has found to be worth keeping: a folder for each boundary, a file for each input.
public struct Corpus: Sendable {
  private let folder: URL

  /// - Parameter folder: Where the boundaries' folders are.
  public init(at folder: URL) { self.folder = folder }

  /// The boundaries for which there are inputs.
  ///
  /// - Throws: If the folder cannot be read.
  public func boundaries() throws -> Set<String> {
    Set(try FileManager.default.contentsOfDirectory(atPath: folder.path))
  }

  /// The inputs that are kept for a boundary, with their names.
  ///
  /// - Throws: If they cannot be read.
  public func inputs(of boundary: String) throws -> [(name: String, bytes: [UInt8])] {
    try FileManager.default.contentsOfDirectory(
      at: folder.appending(path: boundary), includingPropertiesForKeys: nil
    )
    .map { (name: $0.lastPathComponent, bytes: [UInt8](try Data(contentsOf: $0))) }
  }

  /// Tries each input of a boundary.
  ///
  /// - Parameter run: What is done with it.
  /// - Returns: What is wrong: with what came of an input, or with the corpus itself, which is to be small.
  /// - Throws: If the inputs cannot be read.
  public func replay(
    _ boundary: String, _ run: (Span<UInt8>) throws(Finding) -> Void
  ) throws -> [String] {
    let inputs = try inputs(of: boundary)
    var faults: [String] = []
    if !(4...48).contains(inputs.count) { faults.append("\(boundary) has \(inputs.count) inputs") }
    for input in inputs {
      if input.bytes.count > 4096 { faults.append("\(input.name): \(input.bytes.count) bytes") }
      do throws(Finding) {
        try run(input.bytes.span)
      } catch {
        faults.append("\(input.name): \(error)")
      }
    }
    return faults
  }

  /// Tries inputs of nothing, and of the same byte throughout.
  ///
  /// - Returns: What is wrong with what came of them.
  public static func replayPlain(
    byteCounts: [Int], _ run: (Span<UInt8>) throws(Finding) -> Void
  ) -> [String] {
    var faults: [String] = []
    for count in byteCounts {
      for byte: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
        let bytes = [UInt8](repeating: byte, count: count)
        do throws(Finding) {
          try run(bytes.span)
        } catch {
          faults.append("\(count) times \(byte): \(error)")
        }
      }
    }
    return faults
  }
}
