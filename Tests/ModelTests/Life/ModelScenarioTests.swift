import Testing
import VirtIO
import VirtIOTesting

/// The scenario that bare metal and QEMU's device lead too, on the model: no rule may be broken.
@Suite struct ModelScenarioTests {
  @Test("F-MODEL: one life of a display: every frame as it was presented, the cursor, and the end")
  func wholeLife() throws {
    let machine = ModelMachine()
    var stages: [Scenario.Stage] = []
    try Scenario.run(machine.makeTransport(), on: machine.platform, waiting: patience) { stage in
      stages.append(stage)
      guard case .frame(let number) = stage else { return }
      let picture = machine.pixels(ofScanout: 0)
      #expect(picture.map { Self.wrongPixelCount($0, after: number) } == 0, "\(stage)")
    }
    #expect(stages.count == Scenario.frameCount + 1 + 10 + 1)
    #expect(machine.finish() == [])
    #expect(machine.liveAllocationCount == 0)
  }

  static func wrongPixelCount(_ picture: Picture, after number: Int) -> Int {
    let (width, height) = (picture.width, picture.height)
    return (0..<width * height).count { index in
      let (x, y) = (index % width, index / width)
      let expected = Scenario.pixel(x: x, y: y, after: number, width: width, height: height)
      return picture[x, y].rgb != expected
    }
  }
}
