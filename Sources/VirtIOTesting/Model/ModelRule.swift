/// The rules of which the model sees whether a driver keeps them.
///
/// The raw value is the id of a row in the list of driver requirements. `D` rows are plain text of the
/// specification; `DESIGN` and `MODEL` rows are not in it.
public enum ModelRule: String, CaseIterable, Sendable {
  // MARK: The handshake
  /// A status write adds one stage, and each stage has one.
  case status1 = "STATUS-1"
  /// A status write keeps the bits that were set.
  case status2 = "STATUS-2"
  /// After FAILED comes a reset.
  case status3 = "STATUS-3"
  /// Once NEEDS_RESET was read, nothing new is handed over.
  case status4 = "STATUS-4"
  /// What is accepted was offered.
  case feat1 = "FEAT-1"
  /// What is accepted has what it depends on.
  case feat2 = "FEAT-2"
  /// Features are read before an answer is written.
  case feat3 = "FEAT-3"
  /// No undefined feature bit is accepted.
  case feat5 = "FEAT-5"
  /// No reserved feature bit is accepted.
  case feat7 = "FEAT-7"
  /// No bit without a meaning for a GPU is accepted.
  case feat11 = "FEAT-11"
  /// Who cannot do without a missing feature writes FAILED.
  case feat13 = "FEAT-13"
  /// A reset has happened once the status reads 0.
  case reset1 = "RESET-1"
  /// VERSION_1 is accepted when offered.
  case rfb1 = "RFB-1"
  /// ACCESS_PLATFORM is accepted when offered.
  case rfb3 = "RFB-3"
  /// Addresses given to the device are those of memory.
  case rfb5 = "RFB-5"
  /// RING_PACKED is accepted when offered.
  case rfb6 = "RFB-6"
  /// ORDER_PLATFORM is accepted when offered.
  case rfb7 = "RFB-7"
  /// With ORDER_PLATFORM, barriers are those for devices.
  case rfb8 = "RFB-8"
  /// NOTIF_CONFIG_DATA is accepted when offered.
  case rfb14 = "RFB-14"
  /// What belongs to a feature is used only with it.
  case rfbD1 = "RFB-D-1"
  /// The steps are taken one after another.
  case init1 = "INIT-1"
  /// The first of them is a reset.
  case init2 = "INIT-2"
  /// ACKNOWLEDGE comes before DRIVER.
  case init3 = "INIT-3"
  /// DRIVER comes before the features.
  case init4 = "INIT-4"
  /// The answer is written before FEATURES_OK.
  case init5 = "INIT-5"
  /// The configuration is not written while features are agreed.
  case init7 = "INIT-7"
  /// FEATURES_OK comes before DRIVER_OK.
  case init8 = "INIT-8"
  /// After FEATURES_OK no feature is accepted.
  case init9 = "INIT-9"
  /// The status is read back after FEATURES_OK.
  case init10 = "INIT-10"
  /// A device that refuses the features is left alone.
  case init11 = "INIT-11"
  /// Queues are made between FEATURES_OK and DRIVER_OK.
  case init12 = "INIT-12"
  /// DRIVER_OK is the last bit.
  case init13 = "INIT-13"
  /// Who gives up says FAILED.
  case init14 = "INIT-14"
  /// After FAILED no step follows.
  case init15 = "INIT-15"
  /// Nothing is notified before DRIVER_OK.
  case init16 = "INIT-16"

  // MARK: The device configuration
  /// Fields that changed between two generations are not used.
  case cfg2 = "CFG-2"
  /// Reads of the configuration lie between two reads of its generation.
  case cfg3 = "CFG-3"
  /// An optional field is read only where its feature is offered.
  case cfg4 = "CFG-4"

  // MARK: Memory in the device's hands
  /// What is available and not yet used stays as it is in the rings.
  case clean1 = "CLEAN-1"
  /// What the device may use is not freed before a reset.
  case clean2 = "CLEAN-2"
  /// A buffer in flight stays as it is.
  case design7 = "DESIGN-7"

  // MARK: The split queue
  /// The descriptor table is aligned to 16.
  case splitAlign1 = "SPLIT-ALIGN-1"
  /// The available ring is aligned to 2.
  case splitAlign2 = "SPLIT-ALIGN-2"
  /// The used ring is aligned to 4.
  case splitAlign3 = "SPLIT-ALIGN-3"
  /// What the device reads comes before what it writes.
  case splitFrame1 = "SPLIT-FRAME-1"
  /// A buffer is not cut up without need.
  case splitFrame2 = "SPLIT-FRAME-2"
  /// A chain is at most 2^32 bytes long.
  case splitDesc1 = "SPLIT-DESC-1"
  /// A chain has no loop.
  case splitDesc2 = "SPLIT-DESC-2"
  /// In order, the last descriptor is followed by the first.
  case splitDesc3 = "SPLIT-DESC-3"
  /// In order, each descriptor is followed by the next.
  case splitDesc4 = "SPLIT-DESC-4"
  /// Indirect tables need their feature.
  case splitInd1 = "SPLIT-IND-1"
  /// Indirect tables do not nest.
  case splitInd2 = "SPLIT-IND-2"
  /// No chain is longer than the queue.
  case splitInd3 = "SPLIT-IND-3"
  /// A descriptor is not both indirect and continued.
  case splitInd4 = "SPLIT-IND-4"
  /// In order, an indirect table is in order too.
  case splitInd5 = "SPLIT-IND-5"
  /// The available index moves forward.
  case splitAvail1 = "SPLIT-AVAIL-1"
  /// The available flags are 0 or 1.
  case splitUsup1 = "SPLIT-USUP-1"
  /// With the event index the available flags are 0.
  case splitUsup3 = "SPLIT-USUP-3"
  /// The used flags are 0 when the queue is handed over.
  case splitKick1 = "SPLIT-KICK-1"
  /// Without the event index avail_event says nothing.
  case splitKick2 = "SPLIT-KICK-2"
  /// No notification while the used flags suppress it.
  case splitKick3 = "SPLIT-KICK-3"
  /// A notification while they do not.
  case splitKick4 = "SPLIT-KICK-4"
  /// With the event index the used flags say nothing.
  case splitKick5 = "SPLIT-KICK-5"
  /// A notification when the index passes avail_event.
  case splitKick6 = "SPLIT-KICK-6"
  /// No notification when it does not.
  case splitKick7 = "SPLIT-KICK-7"
  /// Entries are stored before the index.
  case splitBar1 = "SPLIT-BAR-1"
  /// The index is stored before suppression is read.
  case splitBar2 = "SPLIT-BAR-2"
  /// The size is at most what the device has.
  case splitD1 = "SPLIT-D-1"
  /// Each area lies in one piece of memory.
  case splitD2 = "SPLIT-D-2"
  /// A descriptor has no other flags.
  case splitD3 = "SPLIT-D-3"
  /// The available index starts at 0 and counts buffers.
  case splitD5 = "SPLIT-D-5"
  /// used_event belongs to the event index.
  case splitD6 = "SPLIT-D-6"
  /// The used ring is the device's.
  case splitD7 = "SPLIT-D-7"
  /// Heads and next indices lie inside the table.
  case splitD10 = "SPLIT-D-10"

  // MARK: The packed queue
  /// The descriptor ring is aligned to 16.
  case packedAlign1 = "PACKED-ALIGN-1"
  /// The driver's event area is aligned to 4.
  case packedAlign2 = "PACKED-ALIGN-2"
  /// The device's event area is aligned to 4.
  case packedAlign3 = "PACKED-ALIGN-3"
  /// A descriptor is not stored to before the driver has seen that it was used.
  case packedDesc1 = "PACKED-DESC-1"
  /// Once marked available, a descriptor stays as it is.
  case packedDesc2 = "PACKED-DESC-2"
  /// A notification says the slot of the first descriptor that is not available.
  case packedDesc3 = "PACKED-DESC-3"
  /// It says the wrap counter there.
  case packedDesc4 = "PACKED-DESC-4"
  /// No list is longer than the device allows.
  case packedSg1 = "PACKED-SG-1"
  /// No list is longer than the queue.
  case packedSg2 = "PACKED-SG-2"
  /// A list has no loop.
  case packedSg3 = "PACKED-SG-3"
  /// What the device reads comes before what it writes.
  case packedSg4 = "PACKED-SG-4"
  /// A list does not wait for the device to free slots for the rest of it.
  case packedSg5 = "PACKED-SG-5"
  /// There are free slots for all of a list before it is shown.
  case packedSg6 = "PACKED-SG-6"
  /// The first descriptor of a list is made available last.
  case packedSg7 = "PACKED-SG-7"
  /// Indirect tables need their feature.
  case packedInd1 = "PACKED-IND-1"
  /// The entries of a table have no flag but WRITE.
  case packedInd2 = "PACKED-IND-2"
  /// No table is longer than the device allows.
  case packedInd3 = "PACKED-IND-3"
  /// A list is wholly direct or wholly indirect.
  case packedInd4 = "PACKED-IND-4"
  /// Descriptors are stored before the flags of the first.
  case packedBar1 = "PACKED-BAR-1"
  /// The flags are stored before suppression is read.
  case packedBar2 = "PACKED-BAR-2"
  /// Descriptors are available by the wrap counter, one behind the other.
  case packedD3 = "PACKED-D-3"
  /// Only the slot behind the last used one is looked at.
  case packedD5 = "PACKED-D-5"
  /// Each descriptor of a list has the right flags.
  case packedD9 = "PACKED-D-9"
  /// The length of a table is that of its entries.
  case packedD11 = "PACKED-D-11"
  /// Event flags are 0 or 1, or with the event index 2, for a slot of the ring.
  case packedD13 = "PACKED-D-13"
  /// A notification when the device asks for it, and only then.
  case packedD14 = "PACKED-D-14"
  /// Sizes and areas are those of the specification.
  case packedD15 = "PACKED-D-15"
  /// The ring is zero when it is handed over, and descriptors have no other flags.
  case packedD16 = "PACKED-D-16"

  // MARK: Both kinds of queue
  /// Nothing of a queue is freed before its reset is done.
  case vqrst1 = "VQRST-1"
  /// After its reset a queue is programmed as at first.
  case vqrst3 = "VQRST-3"
  /// With NOTIFICATION_DATA, the notification of a split queue says its available index.
  case notifD1 = "NOTIF-D-1"

  // MARK: PCI
  /// 8-bit fields are accessed by bytes.
  case pciAcc1 = "PCI-ACC-1"
  /// 16-bit fields are accessed by 2 bytes.
  case pciAcc2 = "PCI-ACC-2"
  /// 32-bit fields are accessed by 4 bytes.
  case pciAcc3 = "PCI-ACC-3"
  /// 64-bit fields are accessed by 4 bytes.
  case pciAcc4 = "PCI-ACC-4"
  /// Capabilities are not written.
  case pciCap8 = "PCI-CAP-8"
  /// device_feature is not written.
  case pciCom1 = "PCI-COM-1"
  /// num_queues is not written.
  case pciCom2 = "PCI-COM-2"
  /// config_generation is not written.
  case pciCom3 = "PCI-COM-3"
  /// queue_notify_off is not written.
  case pciCom4 = "PCI-COM-4"
  /// queue_notif_config_data is not written.
  case pciCom5 = "PCI-COM-5"
  /// queue_size of a packed queue is not 0.
  case pciCom6 = "PCI-COM-6"
  /// queue_size is a power of two.
  case pciCom7 = "PCI-COM-7"
  /// A queue is programmed before it is enabled, and not after.
  case pciCom8 = "PCI-COM-8"
  /// After a reset nothing is written before the status reads 0.
  case pciCom9 = "PCI-COM-9"
  /// queue_enable is not written with 0.
  case pciCom10 = "PCI-COM-10"
  /// The reset of a queue is done once queue_reset reads 0.
  case pciCom11 = "PCI-COM-11"
  /// A queue without size is absent; rings are handed over zeroed.
  case pciVqD1 = "PCI-VQ-D-1"
  /// A notification is a write of 2 bytes.
  case pciNotify1 = "PCI-NOTIFY-1"
  /// With NOTIFICATION_DATA it is a write of 4 bytes.
  case pciNotify2 = "PCI-NOTIFY-2"
  /// It writes the index of the queue.
  case pciNotify3 = "PCI-NOTIFY-3"
  /// With NOTIFICATION_DATA the index is in its low half.
  case pciNotify4 = "PCI-NOTIFY-4"
  /// With NOTIF_CONFIG_DATA it writes queue_notif_config_data.
  case pciNotify5 = "PCI-NOTIFY-5"
  /// With both, that is in its low half.
  case pciNotify6 = "PCI-NOTIFY-6"
  /// It writes where the queue is notified.
  case pciNotifyD1 = "PCI-NOTIFY-D-1"
  /// With MSI-X the interrupt status is not read.
  case pciIsr1 = "PCI-ISR-1"
  /// The offset of the window is a multiple of its length.
  case pciCfgacc1 = "PCI-CFGACC-1"
  /// Accesses through the window are aligned.
  case pciCfgacc2 = "PCI-CFGACC-2"
  /// Through the window only structures are read.
  case pciCfgacc3 = "PCI-CFGACC-3"
  /// Through the window only structures are written.
  case pciCfgacc4 = "PCI-CFGACC-4"
  /// The length of the window is 1, 2 or 4.
  case pciCfgaccD1 = "PCI-CFGACC-D-1"
  /// No vector beyond the table is used.
  case msix4 = "MSIX-4"
  /// A vector that was written is read back.
  case msix5 = "MSIX-5"

  // MARK: The GPU
  /// events_read is not written.
  case gpuCfg1 = "GPU-CFG-1"
  /// After an event the displays are asked for again.
  case gpuEvt1 = "GPU-EVT-1"
  /// After an event their EDID is read again, before a second picture is shown.
  case gpuEvt2 = "GPU-EVT-2"
  /// At the start the displays are asked for.
  case gpuInit1 = "GPU-INIT-1"
  /// The first picture has the size that suits its display.
  case gpuInit2 = "GPU-INIT-2"
  /// EDID is read before a second picture is shown.
  case gpuInit3 = "GPU-INIT-3"
  /// A cursor's resource exists, with backing and pixels.
  case gpuCur1 = "GPU-CUR-1"
  /// Its pixels have arrived, by a fence.
  case gpuCur2 = "GPU-CUR-2"
  /// The index of a capability set is below num_capsets.
  case gpuCaps1 = "GPU-CAPS-1"
  /// Cursor commands go to the cursor queue, others do not.
  case gpuD1 = "GPU-D-1"
  /// Only events that were read are cleared.
  case gpuD4 = "GPU-D-4"
  /// Scanouts are below num_scanouts, which is not written.
  case gpuD5 = "GPU-D-5"
  /// A transfer needs backing.
  case gpuD6 = "GPU-D-6"
  /// A cursor is 64 pixels wide and high.
  case gpuD7 = "GPU-D-7"
  /// Requests have a whole header and room for the response.
  case gpuD8 = "GPU-D-8"
  /// Ring indices are below 64, and 0 without their flag.
  case gpuD9 = "GPU-D-9"
  /// Fences increase.
  case gpuD10 = "GPU-D-10"
  /// GET_EDID needs its feature.
  case gpuD11 = "GPU-D-11"
  /// RESOURCE_ASSIGN_UUID needs its feature.
  case gpuD12 = "GPU-D-12"
  /// Blob commands need their feature.
  case gpuD13 = "GPU-D-13"
  /// A scanout's rectangle lies inside its resource.
  case gpuD15 = "GPU-D-15"
  /// No resource has the id 0.
  case gpuD16 = "GPU-D-16"
  /// The number of backing entries is that of those that follow.
  case gpuD17 = "GPU-D-17"
  /// 3D commands and contexts need their feature.
  case gpuD18 = "GPU-D-18"

  // MARK: Registers in memory
  /// Nothing but registers and fields is accessed.
  case mmio1 = "MMIO-1"
  /// What can only be read is not written.
  case mmio2 = "MMIO-2"
  /// What can only be written is not read.
  case mmio3 = "MMIO-3"
  /// Control registers are accessed by 4 bytes.
  case mmio4 = "MMIO-4"
  /// Fields of 32 bits are accessed by 4 bytes.
  case mmio7 = "MMIO-7"
  /// What has another magic value is left alone.
  case mmio8 = "MMIO-8"
  /// What has another version is left alone.
  case mmio10 = "MMIO-10"
  /// A word of the offered features is selected before it is read.
  case mmio14 = "MMIO-14"
  /// A word of the accepted features is selected before it is written.
  case mmio15 = "MMIO-15"
  /// A queue is not larger than it can be.
  case mmio16 = "MMIO-16"
  /// A queue that is ready is not programmed.
  case mmio17 = "MMIO-17"
  /// That a queue is stopped is read back.
  case mmio19 = "MMIO-19"
  /// What is acknowledged was read.
  case mmio21 = "MMIO-21"
  /// Nothing is acknowledged that has no meaning.
  case mmio22 = "MMIO-22"
  /// A queue's reset is done once it reads so.
  case mmio23 = "MMIO-23"
  /// Magic value and version are read first.
  case mmioInit1 = "MMIO-INIT-1"
  /// The device id is read next.
  case mmioInit2 = "MMIO-INIT-2"
  /// An empty place is left alone.
  case mmioInit4 = "MMIO-INIT-4"
  /// Shared memory is not asked for.
  case mmioInit5 = "MMIO-INIT-5"
  /// A notification names a queue.
  case mmioD2 = "MMIO-D-2"

  // MARK: What no row of the specification names, but no machine forgives
  /// Something decodes each address that is accessed.
  case modelBus1 = "MODEL-BUS-1"
  /// Accesses are aligned.
  case modelBus2 = "MODEL-BUS-2"
  /// A BAR is not moved while it is decoded.
  case modelBus3 = "MODEL-BUS-3"
  /// A device that is live may reach memory.
  case modelBus4 = "MODEL-BUS-4"
  /// What a vector sends is not changed while it may be sent.
  case modelBus5 = "MODEL-BUS-5"
  /// Accesses lie inside their region.
  case modelMem1 = "MODEL-MEM-1"
  /// Freed memory is not touched.
  case modelMem2 = "MODEL-MEM-2"
  /// What is freed was allocated.
  case modelMem3 = "MODEL-MEM-3"
  /// All memory is given back.
  case modelMem4 = "MODEL-MEM-4"
  /// What the device reads was written back from the caches.
  case modelDMA1 = "MODEL-DMA-1"
  /// What the device writes is in no dirty line of the caches.
  case modelDMA2 = "MODEL-DMA-2"
  /// No dirty line is invalidated.
  case modelDMA3 = "MODEL-DMA-3"
  /// No line is written back over what the device has written since.
  case modelDMA4 = "MODEL-DMA-4"
  /// Used elements are read after the index that covers them, in order.
  case modelOrder1 = "MODEL-ORDER-1"
  /// A notification has something new to tell.
  case modelKick1 = "MODEL-KICK-1"
  /// The device's event area is the device's.
  case modelPacked1 = "MODEL-PACKED-1"
  /// No two buffers in flight have the same id.
  case modelPacked2 = "MODEL-PACKED-2"
  /// queue_reset is written with 1, for a queue that is enabled.
  case modelQueue1 = "MODEL-QUEUE-1"
  /// Padding is 0.
  case modelGpu1 = "MODEL-GPU-1"
  /// Resources are made once, and used while they exist.
  case modelGpu2 = "MODEL-GPU-2"
  /// Rectangles lie inside their resource.
  case modelGpu3 = "MODEL-GPU-3"
  /// Sizes and formats are those of the specification.
  case modelGpu4 = "MODEL-GPU-4"
  /// Backing is large enough for what is read from it.
  case modelGpu5 = "MODEL-GPU-5"
  /// Commands are those of the specification.
  case modelGpu6 = "MODEL-GPU-6"
  /// Backing has no more entries than devices take.
  case modelGpu7 = "MODEL-GPU-7"
}
