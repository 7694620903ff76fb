/// The two files that a build leaves of an image.
package enum ImageForm: String, CaseIterable, Sendable {
  /// With symbols; QEMU leaves the device tree at the start of RAM.
  case elf
  /// Flat, with the Linux arm64 header; QEMU passes the tree's address in x0.
  case img
}
