import VirtIOTesting

/// Why QEMU's device cannot show that a rule was broken.
enum CrossSilence {
  /// It does the same whether the rule is kept or not.
  case takesIt
  /// It does not offer the feature.
  case isNotOffered
  /// The rule is about the order of what the driver does in its own memory, which nobody sees.
  case isUnseen
  /// The rule is about what the driver does after the device has done something else.
  case isLater
  /// What the rule is about is never so with it.
  case neverArises
  /// The rule is the model's own, about its memory or its bus.
  case isOurs

  static let of: [ModelRule: CrossSilence] = [
    .feat2: .isNotOffered, .feat13: .isNotOffered, .reset1: .isUnseen, .rfb7: .isNotOffered,
    .rfb8: .isNotOffered, .rfb14: .isNotOffered, .init2: .takesIt, .init10: .isUnseen,
    .init14: .isLater, .cfg2: .isUnseen, .cfg3: .isUnseen,
    .clean1: .isUnseen, .clean2: .isUnseen, .design7: .isUnseen,
    .splitDesc1: .takesIt, .splitDesc3: .isNotOffered, .splitDesc4: .isNotOffered,
    .splitInd5: .isNotOffered, .splitKick2: .isUnseen, .splitKick5: .isUnseen,
    // It never sets the flag that asks for none.
    .splitKick3: .neverArises,
    .splitBar1: .isUnseen, .splitBar2: .isUnseen, .splitD2: .isOurs,
    .packedDesc1: .isUnseen, .packedDesc3: .isNotOffered, .packedDesc4: .isNotOffered,
    // Its lists may be as long as its queues.
    .packedSg1: .neverArises, .packedInd3: .neverArises,
    .packedBar1: .isUnseen, .packedBar2: .isUnseen, .packedD5: .isUnseen,
    .vqrst1: .isUnseen, .notifD1: .isNotOffered, .pciNotify2: .isNotOffered,
    .pciNotify4: .isNotOffered, .pciNotify5: .isNotOffered, .pciNotify6: .isNotOffered,
    // Its magic value is right in every slot.
    .mmio8: .neverArises,
    // It has no register to reset a queue by, though it offers the feature.
    .mmio23: .neverArises,
    .pciCom5: .isNotOffered, .pciIsr1: .takesIt, .pciCfgacc3: .takesIt, .pciCfgacc4: .takesIt,
    .msix5: .isUnseen,
    .gpuEvt1: .isLater, .gpuEvt2: .isLater, .gpuInit1: .takesIt, .gpuInit2: .takesIt,
    .gpuInit3: .takesIt, .gpuCur2: .takesIt, .gpuD7: .takesIt,
    // Blobs take /dev/udmabuf.
    .gpuBlob1: .isNotOffered, .gpuBlob2: .isNotOffered, .gpuBlob3: .isNotOffered,
    .gpuBlob4: .isNotOffered, .gpuBlob6: .isNotOffered, .gpuAlign1: .isNotOffered,
    .gpuAlign2: .isNotOffered, .gpuScanblob1: .isNotOffered, .gpuMap1: .isNotOffered,
    .gpuD14: .isNotOffered, .gpuD19: .isNotOffered, .modelGpu8: .isNotOffered,
    // That so many entries are taken, and no fewer, is shown where pixels are scattered.
    .modelGpu7: .isOurs,
    .modelBus1: .isOurs, .modelBus2: .isOurs, .modelBus3: .isOurs, .modelBus5: .takesIt,
    .modelMem1: .isOurs, .modelMem2: .isOurs, .modelMem3: .isOurs, .modelMem4: .isOurs,
    .modelOrder1: .isUnseen,
    .modelDMA1: .isOurs, .modelDMA2: .isOurs, .modelDMA3: .isOurs,
    .modelDMA4: .isOurs,
  ]
}
