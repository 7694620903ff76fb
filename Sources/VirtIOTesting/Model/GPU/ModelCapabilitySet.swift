/// A capability set of the model.
public struct ModelCapabilitySet: Sendable {
  /// Which format the data has.
  public var id: UInt32
  /// The newest version.
  public var maximumVersion: UInt32
  /// The data, of every version.
  public var data: [UInt8]
  /// What `capset_max_size` says; nil for the truth.
  public var claimedByteCount: UInt32?

  /// A set that says what it has.
  public init(id: UInt32, maximumVersion: UInt32, data: [UInt8]) {
    self.id = id
    self.maximumVersion = maximumVersion
    self.data = data
  }
}

/// Capability sets: listed and handed out.
///
/// - Spec: VirtIO 1.4 §5.7.6.8 "Device Operation: controlq"
extension ModelCore {
  /// `num_capsets`.
  var capabilitySetCount: UInt32 {
    configuration.claimedCapabilitySetCount
      ?? UInt32(truncatingIfNeeded: configuration.capabilitySets.count)
  }

  func getCapsetInfo(_ command: CommandReader) -> [UInt8] {
    let index = command.word(24)
    guard index < capabilitySetCount else {
      violate(.gpuCaps1, "capset_index \(index) of \(capabilitySetCount) capability sets")
      return command.response(GPUResponse.invalidParameter)
    }
    guard Int(index) < configuration.capabilitySets.count else {
      return command.response(GPUResponse.invalidParameter)
    }
    let set = configuration.capabilitySets[Int(index)]
    var body: [UInt8] = []
    let byteCount = set.claimedByteCount ?? UInt32(truncatingIfNeeded: set.data.count)
    for word in [set.id, set.maximumVersion, byteCount, 0] { body.append(number: UInt64(word), 4) }
    return command.response(GPUResponse.capsetInfo, body)
  }

  func getCapset(_ command: CommandReader) -> [UInt8] {
    let (id, version) = (command.word(24), command.word(28))
    guard let set = configuration.capabilitySets.first(where: { $0.id == id }),
      version <= set.maximumVersion
    else {
      violate(.modelGpu6, "GET_CAPSET of \(id), version \(version), which is not there")
      return command.response(GPUResponse.invalidParameter)
    }
    let limit = set.claimedByteCount.map { Int($0) } ?? set.data.count
    return command.response(GPUResponse.capset, Array(set.data.prefix(limit)))
  }
}
