import VirtIOTesting

/// Steps of a bad driver, and what is to be seen of the device meanwhile.
struct CrossCase: Sendable {
  let name: String
  /// The rules that the model says are broken.
  let rules: Set<ModelRule>
  /// What is to be seen of QEMU's device, and of the model.
  let qemu: [String]
  let model: [String]
  /// Why they differ; nil if they do not.
  let reason: String?
  let steps: @Sendable (CrossDriver) throws -> Void

  /// What both do alike.
  init(
    _ name: String, breaks rules: Set<ModelRule> = [], shows notes: [String],
    _ steps: @escaping @Sendable (CrossDriver) throws -> Void
  ) {
    self.name = name
    self.rules = rules
    qemu = notes
    model = notes
    reason = nil
    self.steps = steps
  }

  /// What they do differently, both within the specification, or QEMU outside it.
  init(
    _ name: String, breaks rules: Set<ModelRule> = [], qemu: [String], model: [String],
    because reason: String, _ steps: @escaping @Sendable (CrossDriver) throws -> Void
  ) {
    self.name = name
    self.rules = rules
    self.qemu = qemu
    self.model = model
    self.reason = reason
    self.steps = steps
  }
}
