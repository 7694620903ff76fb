import FuzzInputs
import VirtIOGPU

/// Any bytes as an EDID; once as they are, and once with sums that are right, so that blocks are believed.
enum EDIDCase {
  static func run(_ bytes: Span<UInt8>) throws(Finding) {
    try read(EDID(bytes))
    guard bytes.count >= 128 else { return }
    var repaired = [UInt8](repeating: 0, count: min(bytes.count, 1024))
    for index in repaired.indices { repaired[index] = bytes[index] }
    repair(&repaired)
    try read(EDID(repaired.span))
  }

  /// Gives the first block its header, and all blocks their sums; sections of DisplayID too, as far as they fit.
  private static func repair(_ bytes: inout [UInt8]) {
    for index in 0..<8 { bytes[index] = index == 0 || index == 7 ? 0 : 0xff }
    bytes[18] = 1
    for start in stride(from: 0, through: bytes.count - 128, by: 128) {
      let end = 5 + Int(bytes[start + 2])
      if start > 0, bytes[start] == 0x70, end < 127 {
        bytes[start + end] = 0 &- sum(bytes, start + 1..<start + end)
      }
      bytes[start + 127] = 0 &- sum(bytes, start..<start + 127)
    }
  }

  private static func sum(_ bytes: [UInt8], _ range: Range<Int>) -> UInt8 {
    var sum: UInt8 = 0
    for index in range { sum &+= bytes[index] }
    return sum
  }

  private static func read(_ edid: EDID) throws(Finding) {
    let blocks = edid.blocks
    try check(edid.bytes.count / 128 == blocks.presentCount, "blocks are not those of the bytes")
    try check(blocks.isBelieved(0) == edid.isValid, "the base block is believed or not")
    try check(
      blocks.believedCount <= min(blocks.claimedCount, blocks.presentCount),
      "blocks are believed that are not there")
    var count = 0
    var areSensible = true
    edid.forEachMode { mode in
      count += 1
      areSensible =
        areSensible && 1...65536 ~= mode.width && 1...65536 ~= mode.height && mode.refreshRate > 0
        && mode.pixelClock != 0
    }
    try check(areSensible, "a mode has no pixels or no rate")
    try check(count < 2000, "there are \(count) modes")
    try check(edid.isValid || count == 0, "modes come of what is not believed")
    let list = edid.modes
    try check(list.count <= min(count, 64) && (list.count == 0) == (count == 0), "modes are lost")
    try check(list.isTruncated || list.count == 64 || list.count <= count, "modes are made up")
    for index in list.modes.indices {
      try check(list.modes[index].refreshRate > 0, "the list has a mode of nothing")
    }
    if let preferred = edid.preferredMode { try check(preferred.isPreferred, "none is preferred") }
    try check(edid.displayName)
    try check(edid.serialText)
    try check(edid.manufacturer)
    if let name = edid.displayName, let serial = edid.serialText {
      let areAlike =
        name.count == serial.count
        && name.ascii.indices.allSatisfy { name.ascii[$0] == serial.ascii[$0] }
      try check((name == serial) == areAlike, "two texts are taken for the same")
    }
    if let size = edid.physicalSize {
      try check(1...4095 ~= size.width && 1...4095 ~= size.height, "a size is none")
    }
    try check((edid.productCode == nil) == !edid.isValid, "a product comes of nothing")
    try check(edid.version == nil || edid.isValid, "a version comes of nothing")
    try check(edid.serialNumber != 0, "a serial number is none")
  }

  private static func check(_ text: EDIDText?) throws(Finding) {
    guard let text else { return }
    try check(1...13 ~= text.count, "a text has \(text.count) characters")
    for index in text.ascii.indices {
      try check(0x20...0x7e ~= text.ascii[index], "a text is not printable")
    }
  }

  private static func check(_ condition: Bool, _ description: @autoclosure () -> String)
    throws(Finding)
  {
    if !condition { throw Finding("EDID: " + description()) }
  }
}
