import KernelAArch64
import KernelCrashScreen
import VirtBoard

/// Makes the fault that `fault=stack|text|execute|null|unmapped|memory|panic|hoard` asks for: each but
/// `memory` ends in one report, on the display too, and power-off.
///
/// With `state=frame|flight|handler|broken` among its arguments the display has been driven before; see
/// ``Situation``. With `lives=N` it is driven N times, which has to leave no memory behind. With `gpu=slot` it is one without PCI. With `screen=fault|stack|panic`, what is to show the report fails itself.
@main
struct Main {
  static func main() {
    var board = Board()
    let arguments = board.arguments
    if let device = board.nextDevice(ofType: 16) {
      board.installCrashScreen(on: device)
    } else if arguments.has("gpu", "slot"), let slot = board.nextSlot(ofType: 16) {
      board.installCrashScreen(on: slot)
    }
    installBadScreen(board, arguments)
    if arguments.has("fault", "memory") { return Exhaustion.show(on: board.platform) }
    if let count = arguments.number("lives") { Lives.show(count, on: &board) }
    if arguments.has("state", "handler") {
      Situation.enterHandler(&board)
    } else if let situation = Situation(arguments) {
      situation.enter(&board)
    } else {
      commit(arguments, on: board.platform)
    }
  }

  /// Has something else in place of the crash screen, if it is to fail.
  private static func installBadScreen(_ board: borrowing Board, _ arguments: BootArguments) {
    var isInstalled = true
    if arguments.has("screen", "fault") {
      isInstalled = board.install(CrashHandler({ Fault.readUnmapped() == 0 }))
    } else if arguments.has("screen", "stack") {
      isInstalled = board.install(CrashHandler({ Fault.overflow(seed: 1) == 0 }))
    } else if arguments.has("screen", "panic") {
      isInstalled = board.install(CrashHandler({ panic("the crash screen was asked to panic") }))
    }
    if !isInstalled { panic("no memory") }
  }

  /// Makes the fault.
  static func commit(_ arguments: BootArguments, on platform: BoardPlatform) {
    var result: UInt64 = 0
    if arguments.has("fault", "stack") {
      result = Fault.overflow(seed: 1)
    } else if arguments.has("fault", "text") {
      Fault.writeText()
    } else if arguments.has("fault", "execute") {
      result = Fault.executeData(on: platform)
    } else if arguments.has("fault", "null") {
      result = Fault.jumpToNull()
    } else if arguments.has("fault", "unmapped") {
      result = Fault.readUnmapped()
    } else if arguments.has("fault", "panic") {
      panic("the kernel was asked to panic: \(hexadecimal: 0xdead_beef)")
    } else if arguments.has("fault", "hoard") {
      _ = Exhaustion.takeAll(of: platform)
      panic("no page of memory is left")
    } else {
      panic("no fault: expected fault=stack|text|execute|null|unmapped|memory")
    }
    panic("no fault: expected the processor to refuse what was asked for, found \(result)")
  }
}
