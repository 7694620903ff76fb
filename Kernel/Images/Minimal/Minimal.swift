import VirtBoard
@main struct Minimal { static func main() { _ = Board() } }
