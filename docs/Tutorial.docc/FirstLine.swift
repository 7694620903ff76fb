import VirtBoard

@main
struct Main {
  static func main() {
    _ = Board()
    printLine("Hello from bare metal")
  }
}
