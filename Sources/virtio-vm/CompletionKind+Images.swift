import ArgumentParser
import Foundation
import VirtIOTesting

extension CompletionKind {
  /// The images and examples that there are, and files and folders.
  static let images = CompletionKind.custom { _, _, prefix in
    let checkout = try? Checkout.current()
    let names = (checkout?.images ?? []) + (checkout?.examples ?? [])
    return names + files(startingWith: prefix)
  }

  /// The folders, and the files that can be booted, that a path begins with.
  private static func files(startingWith prefix: String) -> [String] {
    let folder = prefix.lastIndex(of: "/").map { prefix[...$0] } ?? ""
    let path = folder.isEmpty ? "." : String(folder)
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.sorted().filter { !$0.hasPrefix(".") }.compactMap { name in
      var isFolder = ObjCBool(false)
      let file = "\(path)/\(name)"
      guard unsafe FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) else {
        return nil
      }
      if isFolder.boolValue { return "\(folder)\(name)/" }
      return [".elf", ".img"].contains(where: name.hasSuffix) ? "\(folder)\(name)" : nil
    }
  }
}
