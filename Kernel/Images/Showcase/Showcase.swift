import VirtBoard
@main struct Showcase { static func main() { _ = Board() } }
