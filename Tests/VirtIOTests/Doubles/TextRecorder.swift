package import VirtIO

/// Collects what an error says about itself.
package struct TextRecorder: TextSink {
  package private(set) var text = ""

  package init() {}

  package mutating func write(_ text: StaticString) { self.text += "\(text)" }
  package mutating func write(_ number: UInt64) { text += "\(number)" }
  package mutating func write(hexadecimal number: UInt64) {
    text += "0x" + String(number, radix: 16)
  }
}

/// What an error says about itself.
package func text(of error: borrowing some Describable) -> String {
  var recorder = TextRecorder()
  error.describe(to: &recorder)
  return recorder.text
}
