/// The words that ``MachineDescription`` looks for, as a set: names of properties and nodes, and
/// strings that properties list.
///
/// All of them stand in one literal, and a word is known by its place there. So each name in a
/// tree is looked up once, and what a node says is a few bits to test.
struct DeviceTreeWords: OptionSet {
  let rawValue: UInt32

  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  private init(_ place: Int) {
    rawValue = 1 << UInt32(truncatingIfNeeded: place)
  }

  static let literal = """
    #address-cells #size-cells ranges reg status compatible device_type method bus-range \
    interrupt-map interrupt-map-mask dma-coherent dma-noncoherent bootargs stdout-path \
    okay ok memory arm,pl011 arm,psci arm,psci-0.2 arm,psci-1.0 hvc smc pci-host-ecam-generic \
    reserved-memory chosen aliases\u{20}
    """

  static var okay: Self { [Self(15), Self(16)] }
  static var memory: Self { Self(17) }
  static var pl011: Self { Self(18) }
  static var psci: Self { [Self(19), Self(20), Self(21)] }
  static var hvc: Self { Self(22) }
  static var smc: Self { Self(23) }
  static var ecam: Self { Self(24) }
  static var reservedMemory: Self { Self(25) }
  static var chosen: Self { Self(26) }
  static var aliases: Self { Self(27) }
}

/// The properties that ``MachineDescription`` looks for: where each stands in the literal.
enum DeviceTreeSlot: Int {
  case addressCells
  case sizeCells
  case ranges
  case reg
  case status
  case compatible
  case deviceType
  case method
  case busRange
  case interruptMap
  case interruptMapMask
  case dmaCoherent
  case dmaNoncoherent
  case bootArguments
  case standardOutput

  static var count: Int { 15 }
}

extension DeviceTree {
  /// The place in the literal of the terminated string at `offset`; 31 if it is not there.
  @inline(never)
  func place(ofStringAt offset: Int) -> Int {
    let literal = DeviceTreeWords.literal
    let words = literal.utf8Span.span
    let separator = UInt8(ascii: " ")
    var place = 0
    var length = 0
    var isSame = true
    var next = 0
    while next < words.count {
      let wanted = words[next]
      next &+= 1
      let found = bytes.byte(at: offset &+ length)
      length &+= 1
      if wanted == separator {
        if isSame, found == 0 { return place }
        place &+= 1
        length = 0
        isSame = true
      } else if wanted != found {
        isSame = false
      }
    }
    return 31
  }

  /// The word at `offset`; none if the string there is not one.
  func word(at offset: Int) -> DeviceTreeWords {
    DeviceTreeWords(rawValue: 1 &<< UInt32(truncatingIfNeeded: place(ofStringAt: offset)))
  }

  /// Those of the words that a value lists.
  ///
  /// - Spec: Devicetree 0.4 §2.2.4 "Properties", `<stringlist>`
  @inline(never)
  func words(in value: DeviceTreeValue) -> DeviceTreeWords {
    var words = DeviceTreeWords()
    var offset = value.start
    var isStart = true
    while offset < value.end {
      if isStart { words.formUnion(word(at: offset)) }
      isStart = bytes.byte(at: offset) == 0
      offset &+= 1
    }
    return words
  }
}
