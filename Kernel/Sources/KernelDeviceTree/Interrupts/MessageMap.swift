/// Which message controller the messages of PCI functions go to, and under which number: `msi-map` of
/// a host bridge, or `msi-parent`.
///
/// - Spec: Linux `Documentation/devicetree/bindings/pci/pci-msi.txt`
public struct MessageMap: Sendable {
  /// A controller and the number by which it knows a function.
  public struct Target: Equatable, Sendable {
    /// The controller's phandle.
    public let controller: UInt32
    /// The number.
    public let device: UInt32
  }

  private struct Entry: BitwiseCopyable, Sendable {
    var first: UInt32 = 0
    var controller: UInt32 = 0
    var device: UInt32 = 0
    var count: UInt32 = 0
  }

  private var entries = BoundedList<16, Entry>(filledWith: Entry())
  private var mask: UInt32 = 0xffff

  /// Reads the map of a host bridge. Entries that are cut off do not count.
  public init(of host: DeviceTreeNode, in tree: DeviceTree) {
    if let value = tree.property(.messageMapMask, of: host) {
      mask = tree.cell(at: 0, of: value) ?? mask
    }
    if let map = tree.property(.messageMap, of: host) {
      var index = 0
      while let first = tree.cell(at: index, of: map),
        let controller = tree.cell(at: index &+ 1, of: map),
        let device = tree.cell(at: index &+ 2, of: map),
        let count = tree.cell(at: index &+ 3, of: map)
      {
        entries.append(Entry(first: first, controller: controller, device: device, count: count))
        index &+= 4
      }
    } else if let parent = tree.property(.messageParent, of: host),
      let controller = tree.cell(at: 0, of: parent)
    {
      entries.append(Entry(first: 0, controller: controller, device: 0, count: 0x1_0000))
    }
  }

  /// Where the messages of a function go.
  ///
  /// - Parameter requester: Bus times 256, device times 8 and function.
  public func target(of requester: UInt16) -> Target? {
    let id = UInt32(requester) & mask
    for index in 0..<entries.count {
      let entry = entries[index]
      if id >= entry.first, id &- entry.first < entry.count {
        return Target(
          controller: entry.controller, device: entry.device &+ (id &- entry.first))
      }
    }
    return nil
  }
}
