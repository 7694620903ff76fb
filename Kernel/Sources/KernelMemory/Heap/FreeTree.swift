/// The free blocks of a heap by size, and by address where sizes are equal: a treap, which is a
/// search tree in which no block has a higher priority than the one above it. Priorities are as good
/// as random, so that depth is logarithmic in the number of blocks, in whatever order they come.
///
/// The links are in the blocks.
struct FreeTree {
  /// Which of a block's links: by where it lies in the block.
  enum Side: Int {
    case left = 16
    case right = 24
  }

  /// A link: one of a block's, or the root.
  private struct Link {
    var block: UInt = 0
    var side = Side.left
  }

  private(set) var root: UInt = 0

  #if DEBUG
  /// How many blocks were passed on the way to others.
  private(set) var visitCount = 0
  #endif

  private subscript(link: Link) -> UInt {
    get { link.block == 0 ? root : Block(address: link.block)[link.side] }
    set {
      if link.block == 0 {
        root = newValue
      } else {
        Block(address: link.block)[link.side] = newValue
      }
    }
  }

  private mutating func visit() {
    #if DEBUG
    visitCount &+= 1
    #endif
  }

  func precedes(_ block: Block, _ other: Block) -> Bool {
    let (size, otherSize) = (block.byteCount, other.byteCount)
    return size == otherSize ? block.address < other.address : size < otherSize
  }

  /// The smallest block of at least so many bytes, and of those the one at the lowest address.
  mutating func bestFit(_ byteCount: Int) -> Block? {
    var best: Block?
    var next = root
    while next != 0 {
      visit()
      let block = Block(address: next)
      let fits = block.byteCount >= byteCount
      if fits { best = block }
      next = block[fits ? .left : .right]
    }
    return best
  }

  /// The largest block.
  mutating func largest() -> Block? {
    var block = root
    while block != 0 {
      let next = Block(address: block)[.right]
      if next == 0 { return Block(address: block) }
      block = next
    }
    return nil
  }

  /// Adds a block.
  mutating func insert(_ block: Block) {
    var link = Link()
    while self[link] != 0, Block(address: self[link]).priority >= block.priority {
      visit()
      let next = Block(address: self[link])
      link = Link(block: next.address, side: precedes(block, next) ? .left : .right)
    }
    // What hung here is parted into what comes before the block and what comes after it.
    var rest = self[link]
    self[link] = block.address
    var left = Link(block: block.address, side: .left)
    var right = Link(block: block.address, side: .right)
    while rest != 0 {
      visit()
      let next = Block(address: rest)
      if precedes(next, block) {
        self[left] = rest
        left = Link(block: rest, side: .right)
        rest = next[.right]
      } else {
        self[right] = rest
        right = Link(block: rest, side: .left)
        rest = next[.left]
      }
    }
    self[left] = 0
    self[right] = 0
  }

  /// Takes a block out, which must be in the tree.
  mutating func remove(_ block: Block) {
    var link = Link()
    while self[link] != block.address {
      visit()
      let next = Block(address: self[link])
      link = Link(block: next.address, side: precedes(block, next) ? .left : .right)
    }
    // What hung below it is joined, all of the left being before all of the right.
    var left = block[.left]
    var right = block[.right]
    while left != 0, right != 0 {
      visit()
      if Block(address: left).priority >= Block(address: right).priority {
        self[link] = left
        link = Link(block: left, side: .right)
        left = Block(address: left)[.right]
      } else {
        self[link] = right
        link = Link(block: right, side: .left)
        right = Block(address: right)[.left]
      }
    }
    self[link] = left | right
  }
}
