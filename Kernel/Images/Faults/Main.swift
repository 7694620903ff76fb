import KernelAArch64
import VirtBoard

/// Makes the fault that `fault=stack|text|execute|null|unmapped|memory` asks for: each ends in one report
/// and power-off.
@main
struct Main {
  static func main() {
    let board = Board()
    let arguments = board.arguments
    var result: UInt64 = 0
    if arguments.has("fault", "stack") {
      result = Fault.overflow(seed: 1)
    } else if arguments.has("fault", "text") {
      Fault.writeText()
    } else if arguments.has("fault", "execute") {
      result = Fault.executeData(on: board.platform)
    } else if arguments.has("fault", "null") {
      result = Fault.jumpToNull()
    } else if arguments.has("fault", "unmapped") {
      result = Fault.readUnmapped()
    } else if arguments.has("fault", "memory") {
      return Exhaustion.show(on: board.platform)
    } else {
      panic("no fault: expected fault=stack|text|execute|null|unmapped|memory")
    }
    panic("no fault: expected the processor to refuse what was asked for, found \(result)")
  }
}
