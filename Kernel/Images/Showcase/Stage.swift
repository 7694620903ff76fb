import VirtBoard
import VirtIO
import VirtIOGPU
import VirtIOGraphics

/// The scenes of all scanouts, each in the size that its display has.
///
/// A size is taken from the frame that is handed out, not from the event that told of it: where the device
/// or the driver refuses a new size, that is said in one line, and the old scene goes on.
struct Stage {
  private let place: SceneFacts.Place
  /// The step after which scenes stand still.
  private let lastStep: UInt64?
  /// Whether the device may lie: then nothing that it refuses is left at that.
  private let isHostile: Bool
  private var scenes = InlineArray<16, Scene?>(repeating: nil)
  /// What lies over the first scene.
  private var overlay: Overlay?
  /// Which scanout that was.
  private var front: Int?
  /// How long has been drawn so far, in nanoseconds.
  private(set) var drawingTime: UInt64 = 0
  /// A bit for each scanout on which nothing can be shown, until the displays change.
  private var paused: UInt16 = 0
  /// When the last change of the displays was noticed, for those that have not been drawn since.
  private var change: Nanoseconds?
  private var changed: UInt16 = 0

  init(place: SceneFacts.Place, lastStep: UInt64?, isHostile: Bool, hasOverlay: Bool) {
    if hasOverlay { overlay = Overlay() }
    self.place = place
    self.lastStep = lastStep
    self.isHostile = isHostile
  }

  /// The first scanout's scene, if there is one.
  var first: Scene? { scenes[0] }

  /// The size of the scene that the overlay is on; nil if there is none yet.
  var frontSize: (width: Int, height: Int)? {
    guard let front, let scene = scenes[front] else { return nil }
    return (scene.width, scene.height)
  }

  /// Draws and presents a frame on each enabled scanout.
  ///
  /// - Throws: What ends the display, not only a size.
  mutating func step<T: Transport & ~Copyable>(
    on screen: inout Display<BoardPlatform, T>, under console: inout TextConsole,
    _ sketch: inout SceneSketch, waiting patience: BoardWaiter<BoardPlatform>
  ) throws(GPUError) {
    let now = screen.platform.now
    if try screen.takeDisplayEvent(waiting: patience) {
      paused = 0
      change = now
      changed = .max
    }
    moveFront(to: screen.firstScanout.map { Int($0.rawValue) })
    // A computer without a display is possible, but not this one.
    if isHostile, screen.firstScanout == nil { throw .noScanout }
    for index in 0..<screen.scanoutCount {
      if !screen.scanouts[index].isEnabled {
        scenes[index] = nil
      } else if paused >> UInt16(index) & 1 == 0 {
        do throws(GPUError) {
          try step(index, on: &screen, under: &console, &sketch, waiting: patience)
        } catch {
          guard error.isAboutSize, !isHostile else { throw error }
          printLine("SHOWCASE scanout=\(index) \(error)")
          if scenes[index] == nil { paused |= 1 << UInt16(index) }
        }
      }
    }
  }

  /// Begins anew where the overlay goes, and where it was.
  private mutating func moveFront(to scanout: Int?) {
    if scanout == front { return }
    if overlay != nil {
      if let front { scenes[front] = nil }
      if let scanout { scenes[scanout] = nil }
    }
    front = scanout
  }

  @inline(never)
  private mutating func step<T: Transport & ~Copyable>(
    _ index: Int, on screen: inout Display<BoardPlatform, T>, under console: inout TextConsole,
    _ sketch: inout SceneSketch, waiting patience: BoardWaiter<BoardPlatform>
  ) throws(GPUError) {
    var frame = try screen.nextFrame(on: screen.scanouts[index].id, waiting: patience)
    if index == front { overlay?.takeDamage(of: &console, &sketch, frame.width, frame.height) }
    guard var scene = scenes[index], scene.width == frame.width, scene.height == frame.height else {
      return try begin(index, frame, on: &screen, under: console, sketch, waiting: patience)
    }
    let isLast = lastStep.map { UInt64(scene.step) >= $0 } ?? false
    if !isLast { scene.advance() }
    var damage = DamageList(scene.damage.rectangles, within: frame.bounds)
    if index == front, let overlay { damage.formUnion(overlay.damage) }
    // What the pixels lack, and what changes.
    var area = frame.staleRegion
    area.formUnion(damage)
    let start = screen.platform.now
    var canvas = Canvas(
      width: frame.width, height: frame.height, format: frame.format, pixels: frame.pixels)
    scene.draw(on: &canvas, in: area.rectangles)
    if index == front { overlay?.draw(console, sketch, on: &canvas, in: area) }
    drawingTime &+= screen.platform.now.since(start).rawValue
    let presentation = try screen.present(frame, damage: damage.rectangles)
    scenes[index] = scene
    if index == front { overlay?.isShown() }
    guard !isLast, UInt64(scene.step) == lastStep else { return }
    try screen.finish(presentation, waiting: patience)
    printLine(
      "SHOWCASE scanout=\(index) step=\(UInt64(scene.step)) of \(scene.width)x\(scene.height)")
  }

  /// Begins a scene in the size of a frame, and waits until its first picture is there: only then is it
  /// known that the device takes that size.
  private mutating func begin<T: Transport & ~Copyable>(
    _ index: Int, _ frame: consuming Frame, on screen: inout Display<BoardPlatform, T>,
    under console: borrowing TextConsole, _ sketch: borrowing SceneSketch,
    waiting patience: BoardWaiter<BoardPlatform>
  ) throws(GPUError) {
    var frame = frame
    let (width, height) = (frame.width, frame.height)
    let scene = Scene(
      width: width, height: height, facts: SceneFacts(scanout: index, place: place))
    var canvas = Canvas(
      width: width, height: height, format: frame.format, pixels: frame.pixels)
    scene.draw(on: &canvas)
    if index == front {
      overlay?.draw(console, sketch, on: &canvas, in: DamageList(canvas.bounds))
    }
    let presentation = try screen.present(frame)
    try screen.finish(presentation, waiting: patience)
    scenes[index] = scene
    if index == front { overlay?.isShown() }
    printLine("SHOWCASE scanout=\(index) size=\(width)x\(height)")
    if let change, changed >> UInt16(index) & 1 != 0 {
      let time = screen.platform.now.since(change).rawValue / 1000
      printLine("SHOWCASE scanout=\(index) shown us=\(time)")
    }
    changed &= ~(1 << UInt16(index))
  }
}

extension GPUError {
  /// Whether it is about what one scanout is to show, so that others and other sizes may still be shown.
  var isAboutSize: Bool {
    switch self {
    case .command(let failure): if case .refused = failure.reason { true } else { false }
    case .outOfMemory, .invalidSize, .scanoutDisabled: true
    default: false
    }
  }
}
