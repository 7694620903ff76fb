public import VirtIO

extension InterruptError.Part {
  /// What it is, in a few words.
  public var words: StaticString {
    switch self {
    case .distributor: "distributor"
    case .cpuInterface: "CPU interface"
    case .redistributor: "redistributor"
    case .messageFrame: "MSI frame"
    case .translationService: "ITS"
    }
  }
}

extension InterruptError: Describable {
  /// Says what was expected, and what was found.
  public func describe<Sink: TextSink>(to sink: inout Sink) {
    switch self {
    case .regionTooSmall(let part):
      sink.write("the ")
      sink.write(part.words)
      sink.write(" has too few registers")
    case .wrongVersion(let part, let found):
      sink.write("the ")
      sink.write(part.words)
      sink.write(" says that it is something else: ")
      sink.write(hexadecimal: UInt64(found))
    case .noAnswer(let part):
      sink.write("the ")
      sink.write(part.words)
      sink.write(" does not answer")
    case .noRedistributor(let affinity):
      sink.write("no redistributor is for this CPU, ")
      sink.write(hexadecimal: UInt64(affinity))
    case .noProcessorInterface: sink.write("the CPU's own registers are switched off")
    case .noLocalInterrupts: sink.write("the redistributor has no LPIs")
    case .inUse(let part):
      sink.write("the ")
      sink.write(part.words)
      sink.write(" is in use already")
    case .noMemory(let byteCount):
      sink.write("no memory for a table of ")
      sink.write(UInt64(byteCount.magnitude))
      sink.write(" bytes")
    case .tableRefused(let part):
      sink.write("the ")
      sink.write(part.words)
      sink.write(" refuses a table")
    case .commandRefused: sink.write("the ITS stopped at a command")
    case .deviceOutOfRange(let id):
      sink.write("the ITS has no room for device ")
      sink.write(hexadecimal: UInt64(id))
    case .noSuchInterrupt(let id):
      sink.write("there is no interrupt ")
      sink.write(UInt64(id))
    case .taken(let id):
      sink.write("another owns interrupt ")
      sink.write(UInt64(id))
    case .noRoom: sink.write("there are too many handlers")
    }
  }
}
