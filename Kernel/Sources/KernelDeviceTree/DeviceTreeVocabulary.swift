/// The words that ``MachineDescription`` looks for, as a set: names of properties and nodes, and
/// strings that properties list.
///
/// All of them stand in one literal, each on a line of the same width, and a word is known by the
/// number of its line. So each name in a tree is looked up once, without `unsafe`, and what a node
/// says is a few bits to test.
struct DeviceTreeWords: OptionSet {
  let rawValue: UInt32

  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }

  private init(_ place: Int) {
    rawValue = 1 << UInt32(truncatingIfNeeded: place)
  }

  static var lineByteCount: Int { 23 }

  static let literal = """
    #address-cells~~~~~~~~
    #size-cells~~~~~~~~~~~
    ranges~~~~~~~~~~~~~~~~
    reg~~~~~~~~~~~~~~~~~~~
    status~~~~~~~~~~~~~~~~
    compatible~~~~~~~~~~~~
    device_type~~~~~~~~~~~
    method~~~~~~~~~~~~~~~~
    bus-range~~~~~~~~~~~~~
    interrupt-map~~~~~~~~~
    interrupt-map-mask~~~~
    dma-coherent~~~~~~~~~~
    dma-noncoherent~~~~~~~
    bootargs~~~~~~~~~~~~~~
    stdout-path~~~~~~~~~~~
    no-map~~~~~~~~~~~~~~~~
    okay~~~~~~~~~~~~~~~~~~
    ok~~~~~~~~~~~~~~~~~~~~
    memory~~~~~~~~~~~~~~~~
    arm,pl011~~~~~~~~~~~~~
    arm,psci~~~~~~~~~~~~~~
    arm,psci-0.2~~~~~~~~~~
    arm,psci-1.0~~~~~~~~~~
    hvc~~~~~~~~~~~~~~~~~~~
    smc~~~~~~~~~~~~~~~~~~~
    pci-host-ecam-generic~
    reserved-memory~~~~~~~
    chosen~~~~~~~~~~~~~~~~
    aliases~~~~~~~~~~~~~~~

    """

  static var okay: Self { [Self(16), Self(17)] }
  static var memory: Self { Self(18) }
  static var pl011: Self { Self(19) }
  static var psci: Self { [Self(20), Self(21), Self(22)] }
  static var hvc: Self { Self(23) }
  static var smc: Self { Self(24) }
  static var ecam: Self { Self(25) }
  static var reservedMemory: Self { Self(26) }
  static var chosen: Self { Self(27) }
  static var aliases: Self { Self(28) }
}

/// The properties that ``MachineDescription`` looks for: on which line of the literal each stands.
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
  case noMap

  static var count: Int { 16 }
}

extension DeviceTree {
  /// The line of the literal that holds the terminated string at `offset`; 31 if none does.
  @inline(never)
  func place(ofStringAt offset: Int) -> Int {
    let literal = DeviceTreeWords.literal
    let words = literal.utf8Span.span
    var place = 0
    var line = 0
    while line < words.count {
      var length = 0
      while true {
        let found = bytes.byte(at: offset &+ length)
        let wanted = words.byte(at: line &+ length)
        if found == 0, wanted == UInt8(ascii: "~") { return place }
        if found != wanted || found == UInt8(ascii: "~") { break }
        length &+= 1
      }
      place &+= 1
      line &+= DeviceTreeWords.lineByteCount
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
