/// The names of properties, and the strings in them, that ``InterruptDescription`` looks for: each is the
/// number of its line in one literal.
///
/// One literal, for the same reason as that of ``DeviceTreeWords``: its bytes can be reached without
/// `unsafe`. Those of a short one could not be, as it would have no place in memory.
enum InterruptWord: Int {
  case addressCells
  case sizeCells
  case interruptCells
  case redistributorRegions
  case redistributorStride
  case reg
  case ranges
  case status
  case compatible
  case phandle
  case interrupts
  case interruptMap
  case interruptMapMask
  case messageMap
  case messageMapMask
  case messageParent
  case firstLine
  case lineCount
  case okay
  case ok
  case gicV3
  case gic400
  case cortexA15GIC
  case cortexA9GIC
  case cortexA7GIC
  case messageFrame
  case translationService
  case pciHost
  case timer
  case virtioSlot
  case dmaCoherent
  case dmaNoncoherent

  private static var lineByteCount: Int { 23 }

  private static let literal = """
    #address-cells~~~~~~~~
    #size-cells~~~~~~~~~~~
    #interrupt-cells~~~~~~
    #redistributor-regions
    redistributor-stride~~
    reg~~~~~~~~~~~~~~~~~~~
    ranges~~~~~~~~~~~~~~~~
    status~~~~~~~~~~~~~~~~
    compatible~~~~~~~~~~~~
    phandle~~~~~~~~~~~~~~~
    interrupts~~~~~~~~~~~~
    interrupt-map~~~~~~~~~
    interrupt-map-mask~~~~
    msi-map~~~~~~~~~~~~~~~
    msi-map-mask~~~~~~~~~~
    msi-parent~~~~~~~~~~~~
    arm,msi-base-spi~~~~~~
    arm,msi-num-spis~~~~~~
    okay~~~~~~~~~~~~~~~~~~
    ok~~~~~~~~~~~~~~~~~~~~
    arm,gic-v3~~~~~~~~~~~~
    arm,gic-400~~~~~~~~~~~
    arm,cortex-a15-gic~~~~
    arm,cortex-a9-gic~~~~~
    arm,cortex-a7-gic~~~~~
    arm,gic-v2m-frame~~~~~
    arm,gic-v3-its~~~~~~~~
    pci-host-ecam-generic~
    arm,armv8-timer~~~~~~~
    virtio,mmio~~~~~~~~~~~
    dma-coherent~~~~~~~~~~
    dma-noncoherent~~~~~~~

    """

  /// Does something with the bytes of the word.
  func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
    let line = line
    return body(line.span.prefix(until: UInt8(ascii: "~")))
  }

  /// The line of the word. It is copied in one place, as each look at a literal has the library's own check
  /// with it that it is one.
  private var line: InlineArray<23, UInt8> {
    @inline(never) get {
      let literal = Self.literal
      let bytes = literal.utf8Span.span
      let start = (rawValue & 31) &* Self.lineByteCount
      return InlineArray { bytes.byte(at: start &+ $0) }
    }
  }
}

extension DeviceTree {
  /// The value of a property, or `nil` if the node has none of that name.
  func property(_ name: InterruptWord, of node: DeviceTreeNode) -> DeviceTreeValue? {
    name.withBytes { property($0, of: node) }
  }

  /// The first cell of a property.
  func cell(_ name: InterruptWord, of node: DeviceTreeNode) -> UInt32? {
    property(name, of: node).flatMap { cell(at: 0, of: $0) }
  }

  /// Whether a value lists a word.
  func list(_ value: DeviceTreeValue, contains word: InterruptWord) -> Bool {
    word.withBytes { list(value, contains: $0, allowingSuffix: false) }
  }
}
