/// What is left of the faults of a machine.
struct FaultScript {
  private var faults: [ModelFault]
  private let chance: ModelChance?
  private var random: ModelRandom

  init(_ configuration: ModelConfiguration) {
    faults = configuration.faults
    chance = configuration.chance
    random = ModelRandom(seed: configuration.chance?.seed ?? 0)
  }

  /// Those that have still to strike.
  var remaining: [ModelFault] { faults }

  mutating func add(_ fault: ModelFault) { faults.append(fault) }

  mutating func removeAll() { faults = [] }

  /// What happens at an event. Each fault that it concerns is counted down.
  mutating func strike(_ event: ModelFault.Event) -> [ModelFault.Action] {
    if faults.isEmpty { return [] }
    var actions: [ModelFault.Action] = []
    for index in faults.indices where faults[index].event == event {
      if faults[index].skipping > 0 {
        faults[index].skipping -= 1
      } else if faults[index].count > 0 {
        faults[index].count -= 1
        actions.append(faults[index].action)
      }
    }
    faults.removeAll { $0.count <= 0 }
    return actions
  }

  /// What happens to a buffer by chance.
  mutating func strikeByChance() -> ModelFault.Action? {
    guard let chance, !chance.actions.isEmpty, random.next(below: chance.oneIn) == 0 else {
      return nil
    }
    return chance.actions[Int(random.next(below: UInt64(chance.actions.count)))]
  }

  /// What a restless register reads next.
  mutating func anything() -> UInt64 { random.next() }
}
