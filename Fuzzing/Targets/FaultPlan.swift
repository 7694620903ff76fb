import FuzzInputs
import VirtIOTesting

/// Reads a fault of the model's device from an input.
enum FaultPlan {
  static func fault(_ input: FuzzInput) -> ModelFault {
    let code = input.byte()
    let count = input.byte()
    return ModelFault(
      on: event(code, input), skipping: Int(count >> 4), count: Int(count & 15) + 1,
      action(Int(code >> 3), input))
  }

  private static let commands: [UInt32] = [
    0x100, 0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107, 0x108, 0x10a, 0x10c, 0x10d,
  ]

  private static let registers: [ModelRegister] = [
    .deviceStatus, .deviceFeature, .queueCount, .configGeneration, .queueSize, .queueVector,
    .queueEnable, .queueNotifyOffset, .eventsRead, .scanoutCount, .magicValue, .version, .deviceID,
    .queueSelect, .eventsClear,
  ]

  private static func event(_ code: UInt8, _ input: FuzzInput) -> ModelFault.Event {
    switch code & 7 {
    case 0: .poll
    case 1: .buffer(queue: 0)
    case 2: .buffer(queue: 1)
    case 3: .read(registers[input.number(below: registers.count)])
    case 4: .write(registers[input.number(below: registers.count)])
    case 5: .read(.configurationSpace(Int(input.byte() & 0xfc)))
    default: .command(commands[input.number(below: commands.count)])
    }
  }

  private static func action(_ kind: Int, _ input: FuzzInput) -> ModelFault.Action {
    switch kind {
    case 0: .value(UInt32(input.byte()))
    case 1: .value(input.word32())
    case 2: .restless
    case 3: .ignored
    case 4: .refuseFeatures
    case 5: .delay(polls: Int(input.byte() & 63))
    case 6: .drop
    case 7: .duplicate
    case 8: .overtaken
    case 9: .outOfOrder
    case 10: .wrongLap
    case 11: .refuse(0x1200 | UInt32(input.byte() & 7))
    case 12: .type(input.word32())
    case 13: .flags(input.word32())
    case 14: .fence(input.word64())
    case 15, 16: .word(offset: Int(input.byte()) * 4, value: input.word32())
    case 17: .length(UInt32(input.byte()))
    case 18: .length(input.word32())
    case 19: .id(UInt32(input.byte()))
    case 20: .id(input.word32())
    case 21: .needsReset
    case 22: .displayEvent
    case 23: .interrupt
    case 24: .usedIndex(queue: 0, by: UInt16(input.byte()))
    case 25: .usedIndex(queue: UInt16(input.byte() & 1), by: input.word16())
    case 26: .availableEvent(queue: UInt16(input.byte() & 1), input.word16())
    case 27: .suppressNotifications(true)
    default: .suppressNotifications(false)
    }
  }
}
