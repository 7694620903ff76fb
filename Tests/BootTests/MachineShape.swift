import Testing
import VirtIOTesting

/// One machine of the matrix, and the displays that TestCard must find in it.
struct MachineShape: Sendable, CustomTestStringConvertible {
  /// A display and its size.
  struct Display: Sendable {
    var gpu = 0
    var scanout = 0
    var width: Int
    var height: Int

    /// What TestCard prints about it.
    var line: String {
      "TESTCARD " + (gpu == 0 ? "" : "gpu=\(gpu) ") + "scanout=\(scanout) size=\(width)x\(height)"
    }
  }

  var name: String
  var form = ImageForm.elf
  var displays = [Display(width: 640, height: 480)]
  var change: @Sendable (inout MachineConfiguration) -> Void = { _ in }

  var testDescription: String { name }

  /// A GPU of that size for `-device`.
  static func gpu(_ width: Int = 640, _ height: Int = 480, _ more: String = "") -> String {
    "virtio-gpu-pci,xres=\(width),yres=\(height)" + (more.isEmpty ? "" : ",\(more)")
  }

  /// The machine's configuration.
  func configuration() throws -> MachineConfiguration {
    var machine = MachineConfiguration(image: try Repository.image("TestCard", form))
    machine.gpus = [Self.gpu()]
    change(&machine)
    return machine
  }
}

extension MachineShape {
  private static func size(_ width: Int, _ height: Int) -> MachineShape {
    MachineShape(name: "\(width)x\(height)", displays: [Display(width: width, height: height)]) {
      $0.gpus = [gpu(width, height)]
    }
  }

  private static func processor(_ name: String) -> MachineShape {
    MachineShape(name: name) { $0.cpu = name }
  }

  private static func memory(_ form: ImageForm, _ size: Int) -> MachineShape {
    MachineShape(name: "\(size) MiB of RAM, .\(form.rawValue)", form: form) {
      $0.memoryMiB = size
    }
  }

  /// Every machine in which TestCard must paint what it promises.
  static let all: [MachineShape] = [
    size(640, 480), size(1023, 769), size(1280, 800), size(1920, 1080),
    MachineShape(name: "GPU in slot 1") { $0.gpus = [gpu(640, 480, "addr=01.0")] },
    MachineShape(name: "GPU at function 3 of a slot") {
      $0.devices = ["virtio-rng-pci,addr=01.0,multifunction=on"]
      $0.gpus = [gpu(640, 480, "addr=01.3")]
    },
    MachineShape(name: "GPU behind a root port") {
      $0.devices = ["pcie-root-port,id=root,chassis=1,addr=02.0"]
      $0.gpus = [gpu(640, 480, "bus=root")]
    },
    MachineShape(name: "GPU behind a PCIe-to-PCI bridge behind a root port") {
      $0.devices = [
        "pcie-root-port,id=root,chassis=1,addr=02.0", "pcie-pci-bridge,id=bridge,bus=root",
      ]
      $0.gpus = [gpu(640, 480, "bus=bridge,addr=03.0")]
    },
    MachineShape(
      name: "two GPUs",
      displays: [Display(width: 640, height: 480), Display(gpu: 1, width: 800, height: 600)]
    ) {
      $0.gpus = [gpu(640, 480, "addr=01.0"), gpu(800, 600, "addr=02.0")]
    },
    MachineShape(name: "highmem=off") { $0.machineOptions = ["highmem=off"] },
    MachineShape(name: "highmem=off, behind a root port", form: .img) {
      $0.machineOptions = ["highmem=off"]
      $0.devices = ["pcie-root-port,id=root,chassis=1,addr=02.0"]
      $0.gpus = [gpu(640, 480, "bus=root")]
    },
    memory(.elf, 64), memory(.img, 64), memory(.elf, 4096), memory(.img, 6144),
    MachineShape(name: "two banks of RAM") {
      $0.memoryMiB = 512
      $0.extraArguments = [
        "-object", "memory-backend-ram,id=low,size=256M", "-numa", "node,nodeid=0,memdev=low",
        "-object", "memory-backend-ram,id=high,size=256M", "-numa", "node,nodeid=1,memdev=high",
      ]
    },
    processor("cortex-a53"), processor("cortex-a72"), processor("max"),
    MachineShape(name: "virtualization=on") { $0.machineOptions = ["virtualization=on"] },
    MachineShape(name: "virtualization=on, .img", form: .img) {
      $0.machineOptions = ["virtualization=on"]
    },
    MachineShape(name: ".img", form: .img),
  ]
}
