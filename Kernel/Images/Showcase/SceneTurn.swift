/// An angle in 2^32ths of a full turn, which therefore wraps by itself.
struct Turn: Sendable {
  var raw: UInt32

  /// The sine, 16,384 for one: a quarter of the wave in 64 steps, straight lines between them.
  var sine: Int {
    let quadrant = raw >> 30
    let inQuadrant = Int(raw >> 14 & 0xFFFF)
    let position = quadrant & 1 == 0 ? inQuadrant : 0x1_0000 - inQuadrant
    let (step, rest) = (position >> 10, position & 1023)
    let low = Int(Self.quarter[step])
    let high = Int(Self.quarter[min(64, step + 1)])
    let value = low + ((high - low) * rest) >> 10
    return quadrant & 2 == 0 ? value : -value
  }

  /// The cosine, 16,384 for one.
  var cosine: Int { Turn(raw: raw &+ 0x4000_0000).sine }

  private static let quarter: InlineArray<65, Int16> = [
    0, 402, 804, 1205, 1606, 2006, 2404, 2801, 3196, 3590, 3981, 4370, 4756, 5139, 5520, 5897,
    6270, 6639, 7005, 7366, 7723, 8076, 8423, 8765, 9102, 9434, 9760, 10080, 10394, 10702, 11003,
    11297, 11585, 11866, 12140, 12406, 12665, 12916, 13160, 13395, 13623, 13842, 14053, 14256,
    14449, 14635, 14811, 14978, 15137, 15286, 15426, 15557, 15679, 15791, 15893, 15986, 16069,
    16143, 16207, 16261, 16305, 16340, 16364, 16379, 16384,
  ]
}
