/// Tells events of the GPU from those of other devices, and names what they are about.
struct GPUQueueNames {
  /// The device whose doorbell came right before the first command, by QEMU's address of it.
  private let device: Substring?
  /// The queues that have rung, by QEMU's addresses of them.
  private var queues: [Substring: String] = [:]

  init(_ lines: [TraceLine]) {
    let first = lines.firstIndex { $0.name.hasPrefix(Self.prefix) } ?? lines.endIndex
    device = lines[..<first].last { $0.name == "virtio_queue_notify" }?.value(of: "vdev")
  }

  private static let prefix = "virtio_gpu_cmd_"

  /// What a line is about; nil if that is nothing of the GPU's.
  mutating func event(_ line: TraceLine) -> GPUTrace.Event? {
    switch line.name {
    case "virtio_queue_notify":
      guard line.value(of: "vdev") == device, let number = line.number(of: "n") else { return nil }
      let name = ["controlq", "cursorq"].dropFirst(Int(min(number, 2))).first ?? "queue \(number)"
      if let queue = line.value(of: "vq") { queues[queue] = name }
      return .init(kind: .doorbell, time: line.time, text: name)
    case "virtio_notify":
      guard line.value(of: "vdev") == device, let queue = line.value(of: "vq") else { return nil }
      return .init(kind: .interrupt, time: line.time, text: queues[queue] ?? "a queue")
    case "virtio_gpu_update_cursor":
      return .init(kind: .command, time: line.time, text: Self.cursor(line))
    default:
      guard line.name.hasPrefix(Self.prefix) else { return nil }
      let text = Self.command(String(line.name.dropFirst(Self.prefix.count)), line)
      return .init(kind: .command, time: line.time, text: text)
    }
  }

  private static func cursor(_ line: TraceLine) -> String {
    let name = line.words.contains("move,") ? "MOVE_CURSOR" : "UPDATE_CURSOR"
    let place = [line.value(of: "x"), line.value(of: "y")].compactMap(\.self)
    return name + " scanout \(line.value(of: "scanout") ?? "?"), at \(place.joined(separator: ","))"
  }

  /// A command by the name that the specification has for it, with what it is given.
  private static func command(_ name: String, _ line: TraceLine) -> String {
    var parts: [String] = []
    if let scanout = line.value(of: "scanout") ?? line.value(of: "id") {
      parts.append("scanout \(scanout)")
    }
    if let resource = line.number(of: "res") { parts.append("resource \(resource)") }
    if let context = line.number(of: "ctx") { parts.append("context \(context)") }
    if let width = line.value(of: "w"), let height = line.value(of: "h") {
      let place = [line.value(of: "x"), line.value(of: "y")].compactMap(\.self)
      let end = place.count == 2 ? " at \(place.joined(separator: ","))" : ""
      parts.append("\(width)x\(height)\(end)")
    }
    let words = [names[name] ?? name.uppercased(), parts.joined(separator: ", ")]
    return words.filter { !$0.isEmpty }.joined(separator: " ")
  }

  /// The commands that QEMU calls otherwise than the specification does.
  private static let names = [
    "res_create_2d": "RESOURCE_CREATE_2D", "res_create_3d": "RESOURCE_CREATE_3D",
    "res_create_blob": "RESOURCE_CREATE_BLOB", "res_unref": "RESOURCE_UNREF",
    "res_back_attach": "RESOURCE_ATTACH_BACKING", "res_back_detach": "RESOURCE_DETACH_BACKING",
    "res_xfer_toh_2d": "TRANSFER_TO_HOST_2D", "res_xfer_toh_3d": "TRANSFER_TO_HOST_3D",
    "res_xfer_fromh_3d": "TRANSFER_FROM_HOST_3D", "res_flush": "RESOURCE_FLUSH",
    "ctx_submit": "SUBMIT_3D", "ctx_res_attach": "CTX_ATTACH_RESOURCE",
    "ctx_res_detach": "CTX_DETACH_RESOURCE",
  ]
}
