import Foundation
import VirtIOTesting

extension Checkout {
  /// The checkout that the user stands in, or else the one that this program was built in: who has a
  /// package elsewhere boots it from there.
  static func current() throws -> Checkout {
    do {
      return try Checkout(around: FileManager.default.currentDirectoryPath)
    } catch {
      guard let program = Bundle.main.executablePath,
        let checkout = try? Checkout(around: program)
      else { throw error }
      return checkout
    }
  }
}
