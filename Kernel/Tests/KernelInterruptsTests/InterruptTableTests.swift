import KernelInterrupts
import Testing

@Suite("Who handles which interrupt")
struct InterruptTableTests {
  /// What tests see of a handler.
  final class Witness: InterruptService, @unchecked Sendable {
    var ids: [UInt32] = []
    var isOurs = true
    func serve(_ id: InterruptID) -> Bool {
      ids.append(id.rawValue)
      return isOurs
    }
  }

  typealias Table = InterruptTable<Witness, 4>
  private static let limit = StormLimit(count: 5, busyTicks: 10, ticks: 100, pause: 1000)
  private let id = InterruptID(rawValue: 40)

  @Test("numbers 1020 to 1023 are no interrupts") func special() {
    let special = (0...2000).filter { InterruptID(rawValue: $0).isSpecial }
    #expect(special == [1020, 1021, 1022, 1023])
    #expect(InterruptID.privatePeripheral(16) == nil && InterruptID.sharedPeripheral(988) == nil)
    #expect(InterruptID.sharedPeripheral(987)?.rawValue == 1019)
  }

  @Test("I10, SMP10: one owner a line, who hears of it until it is taken out") func owners() throws
  {
    var table = Table(limit: Self.limit)
    let witness = Witness()
    let added = try table.add(witness, for: id)
    #expect(added.isFirst)
    #expect(throws: InterruptError.taken(40)) { try table.add(Witness(), for: id) }
    #expect(throws: InterruptError.taken(40)) { try table.add(Witness(), for: id, isShared: true) }
    #expect(table.dispatch(id, at: 0) == .handled)
    #expect(witness.ids == [40] && table.count(at: added.place) == 1)
    #expect(table.remove(added.place) == id)
    #expect(table.remove(added.place) == nil && table.remove(-1) == nil && table.remove(4) == nil)
    #expect(table.dispatch(id, at: 0) == .unregistered)
    #expect(table.unregisteredCount == 1 && table.nextStranger() == id)
    #expect(table.nextStranger() == nil && table.isCalm)
    #expect(witness.ids == [40])
  }

  @Test("I09: all owners of a shared line are asked; it is disabled with the last") func shared()
    throws
  {
    var table = Table(limit: Self.limit)
    let (left, right) = (Witness(), Witness())
    let first = try table.add(left, for: id, isShared: true)
    let second = try table.add(right, for: id, isShared: true)
    #expect(first.isFirst && !second.isFirst)
    left.isOurs = false
    #expect(table.dispatch(id, at: 0) == .handled)
    #expect(left.ids == [40] && right.ids == [40])
    #expect(table.count(at: first.place) == 0 && table.count(at: second.place) == 1)
    right.isOurs = false
    #expect(table.dispatch(id, at: 0) == .unclaimed)
    #expect(table.unclaimedCount == 1)
    #expect(table.remove(first.place) == nil)
    #expect(table.remove(second.place) == id)
  }

  @Test("I13: numbers that nobody has, of whatever kind, are counted and named to be disabled")
  func strangers() throws {
    var table = Table(limit: Self.limit)
    let witness = Witness()
    _ = try table.add(witness, for: id)
    // Beyond the controller's lines, special, local ones, and the most there is.
    var numbers: [UInt32] = [0, 15, 31, 41, 1019, 1020, 1023, 1024, 8191, 8192, 1 << 24, .max]
    var state: UInt32 = 1
    for _ in 0..<100_000 {
      state = state &* 1_664_525 &+ 1_013_904_223
      numbers.append(state >> 8)
    }
    numbers.removeAll { $0 == id.rawValue }
    for (index, number) in numbers.enumerated() {
      #expect(table.dispatch(InterruptID(rawValue: number), at: 0) == .unregistered)
      #expect(table.unregisteredCount == UInt64(index + 1))
      if index < 100 { #expect(table.nextStranger()?.rawValue == number) }
    }
    #expect(witness.ids == [] && table.dispatch(id, at: 0) == .handled)
  }

  @Test("there is room for so many") func full() throws {
    var table = Table(limit: Self.limit)
    for line: UInt32 in 32..<36 { _ = try table.add(Witness(), for: InterruptID(rawValue: line)) }
    #expect(throws: InterruptError.noRoom) {
      try table.add(Witness(), for: InterruptID(rawValue: 36))
    }
  }

  @Test(
    "too many in a stretch of time that take too long are a storm; the line comes back after a pause"
  )
  func storm() throws {
    var table = Table(limit: Self.limit)
    _ = try table.add(Witness(), for: id)
    for now: UInt64 in 10..<15 { #expect(table.dispatch(id, at: now, taking: 2) == .handled) }
    #expect(table.isCalm)
    #expect(table.dispatch(id, at: 20, taking: 1) == .storm)
    #expect(table.stormCount == 1 && !table.isCalm)
    #expect(table.nextReport() == id && table.nextReport() == nil)
    #expect(table.nextRevival(at: 1020) == nil && !table.isCalm)
    #expect(table.nextRevival(at: 1021) == id && table.nextRevival(at: 1021) == nil)
    #expect(table.isCalm)
    // As many in two stretches are none.
    for now: UInt64 in [2000, 2001, 2002, 2003, 2004, 2100, 2101, 2102, 2103, 2104] {
      #expect(table.dispatch(id, at: now, taking: 9) == .handled)
    }
    #expect(table.dispatch(id, at: 2105, taking: 9) == .storm)
  }

  @Test("many that take no time, and a few that take long, are no storm") func noStorm() throws {
    var table = Table(limit: Self.limit)
    _ = try table.add(Witness(), for: id)
    for _ in 0..<1000 { #expect(table.dispatch(id, at: 1000) == .handled) }
    for now: UInt64 in 2000..<2005 {
      #expect(table.dispatch(id, at: now, taking: 50) == .handled)
    }
    #expect(table.isCalm && table.stormCount == 0)
  }

  @Test("a line that is masked stays so when the first of its owners goes") func stormOfShared()
    throws
  {
    var table = Table(limit: Self.limit)
    let first = try table.add(Witness(), for: id, isShared: true)
    _ = try table.add(Witness(), for: id, isShared: true)
    for _ in 0..<6 { _ = table.dispatch(id, at: 0, taking: 2) }
    #expect(table.remove(first.place) == nil)
    #expect(table.nextReport() == id && table.nextRevival(at: 1002) == id)
  }

  @Test("a right that is dropped takes its handler out, once") func token() {
    final class Home: InterruptHome, @unchecked Sendable {
      var released: [Int] = []
      func release(_ place: Int) { released.append(place) }
    }
    let home = Home()
    do {
      let line = InterruptLine(id, place: 3, in: home)
      #expect(line.id.rawValue == 40 && home.released == [])
    }
    #expect(home.released == [3])
  }
}

extension InterruptTable {
  /// Dispatches at a time, for so long.
  fileprivate mutating func dispatch(_ id: InterruptID, at now: UInt64, taking time: UInt64 = 0)
    -> InterruptVerdict
  {
    dispatch(id, at: now) { now + time }
  }
}
