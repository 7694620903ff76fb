# The commands of this repository; `make help` lists them.
# Everything they need beyond Swift comes from the system's package manager.

.DEFAULT_GOAL := help
.PHONY: help run test bench docs evidence coverage mutants models bounds gl census soak fuzz torture check images format clean lint qemu font swift spin z3

sources := $(wildcard Package.swift Sources Tests Benchmarks Examples Fuzzing docs/Tutorial.docc) \
  $(addprefix Kernel/,Package.swift Sources Images Tests Fuzzing)
apt := qemu-system-arm qemu-system-common qemu-system-gui ipxe-qemu
apt_gl := xvfb xauth libgl1-mesa-dri libegl1
root := $(if $(filter 0,$(shell id -u)),,sudo)

help: ## Lists these commands
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

run: qemu ## Boots the Showcase: in a window, or without a desktop into build/showcase.png and an animation
	@mkdir -p build
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then \
	  swift run virtio-vm boot Showcase; \
	else \
	  swift run virtio-vm boot Showcase --headless --screenshot build/showcase.png --animation build/showcase-animation.png \
	  && echo "The Showcase drew $(CURDIR)/build/showcase.png, and build/showcase-animation.png moves (an APNG)"; \
	fi

# Nobody looks for places in what only these tests are built from.
kernel_tests := --scratch-path Kernel/.build/tests -debug-info-format none

# The images take one core, the tests of the drivers all that there are: so they are built side by side. What
# the machine has left meanwhile, and while QEMU is waited for, the kernel's tests and the sample of mutants take;
# what they say is told in one piece.
test: qemu font lint ## Runs every test
	@mkdir -p build
	@nice swift test --package-path Kernel $(kernel_tests) >build/kernel-tests.txt 2>&1 & kernel=$$!; \
	  swift build --product virtio-vm && bin="$$(swift build --show-bin-path)" \
	  && { swift build --build-tests & tests=$$!; "$$bin/virtio-vm" build; images=$$?; wait $$tests && [ $$images = 0 ]; } \
	  || { kill $$kernel; exit 1; }; \
	  nice "$$bin/virtio-evidence" mutants --sample >build/mutants.txt 2>&1 & sample=$$!; \
	  swift test; ended=$$?; \
	  wait $$kernel || ended=1; wait $$sample || ended=1; \
	  cat build/kernel-tests.txt build/mutants.txt; exit $$ended
	swift run virtio-evidence check

bench: qemu swift ## Measures the driver beside others, into docs/benchmarks.md
	swift run virtio-vm bench

# The long sweeps are whole in the long ones, and in what is written down.
check mutants evidence: export SWEEP = all

docs: swift ## Writes the documentation of every public module as a web site into build/docs
	swift run virtio-evidence docs

evidence: qemu images ## Runs every test and writes which shows what into docs/evidence.md
	swift test --event-stream-output-path $(CURDIR)/build/tests.jsonl --event-stream-version 6.3
	swift test --package-path Kernel $(kernel_tests) --event-stream-output-path $(CURDIR)/build/kernel-tests.jsonl --event-stream-version 6.3
	swift run virtio-evidence write build/tests.jsonl build/kernel-tests.jsonl

coverage: qemu ## Runs the tests that boot nothing, and says how many lines of each module they reach
	swift test --enable-code-coverage --scratch-path $(CURDIR)/.build-coverage --skip BootTests
	swift test --enable-code-coverage --scratch-path $(CURDIR)/.build-coverage/kernel --package-path Kernel
	swift run virtio-evidence coverage \
	  "$$(swift test --show-codecov-path --scratch-path $(CURDIR)/.build-coverage)" \
	  "$$(swift test --show-codecov-path --scratch-path $(CURDIR)/.build-coverage/kernel --package-path Kernel)"

mutants: qemu images ## Breaks a copy of the driver in many ways, and sees a test notice each
	swift run virtio-evidence mutants

models: spin ## Searches all states of the models of the queues, and sees each fault of them found
	swift run virtio-evidence models

bounds: z3 ## Proves what the driver's lines promise about bounds, for all inputs
	swift run virtio-evidence bounds

census: swift ## Looks for traps, missing barriers and loops without end in the driver's text
	swift run virtio-evidence census

soak: qemu swift ## Shows a hundred thousand frames in QEMU, and ten million on the model device, broken and mended on the way
	swift run -c release virtio-evidence soak

torture: qemu swift ## Breaks the running Showcase's device in many ways, and sees the picture come back
	swift run virtio-vm torture

fuzz: swift ## Sees the fuzzer find planted faults and reach all of the parsers, then looks for new ones; FUZZ_SECONDS= for longer than 60 each
	swift run virtio-evidence fuzz --planted
	swift run virtio-evidence fuzz --reach
	swift run virtio-evidence fuzz --seconds $(or $(FUZZ_SECONDS),60)

gl: qemu ## Runs the tests that need a display and OpenGL on this computer, and installs both
	@if ! command -v xvfb-run >/dev/null || ! command -v xauth >/dev/null; then \
	  command -v apt-get >/dev/null || { echo "Install Xvfb, xauth and Mesa."; exit 1; }; \
	  echo "A display is missing: installing $(apt_gl) with apt-get"; \
	  $(root) apt-get update && $(root) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(apt_gl); \
	fi
	GL_WITNESS=1 TEST_TARGETS=HostedTests xvfb-run -a swift test --filter GLTests

# A crash under a sanitizer is to end at once: Swift's own backtrace of it can take minutes. XCTest,
# of which there are no tests, loses 144 bytes of its own when it runs. The doubles of this package
# never give their memory back, so that nothing can outlive it: only the kernel is asked for leaks. Tests
# that compute without a pause are not run beside those that wait for a QEMU.
check: export SWIFT_BACKTRACE = enable=no
check: mutants models bounds census fuzz gl docs ## Runs the long tests: mutants, models, proofs, the census, the fuzzer, the documentation, and the host's tests under sanitizers
	ASAN_OPTIONS=detect_leaks=0 swift test --sanitize=address --scratch-path .build/address --skip BootTests --skip HostedTests --disable-xctest
	ASAN_OPTIONS=detect_leaks=0 swift test --sanitize=address --scratch-path .build/address --filter HostedTests --disable-xctest
	swift test --sanitize=address --scratch-path Kernel/.build/address --package-path Kernel --disable-xctest
	swift test --sanitize=thread --scratch-path .build/thread --filter ThreadTests --disable-xctest

images: swift font ## Builds the kernel's images into build/aarch64
	swift run virtio-vm build

lint: swift
	swift format lint -rsp $(sources)

format: swift ## Formats the sources
	swift format format -irp $(sources)

clean: ## Removes everything that was built
	rm -rf .build .build-coverage .build-mutants Kernel/.build build

swift:
	@command -v swift >/dev/null || \
	  { echo "Swift is not on PATH; install Swift 6.3 or later from https://swift.org/install." >&2; exit 1; }

qemu: swift
	@if ! command -v qemu-system-aarch64 >/dev/null; then \
	  if command -v apt-get >/dev/null; then \
	    echo "QEMU is missing: installing $(apt) with apt-get"; \
	    $(root) apt-get update && $(root) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $(apt); \
	  elif command -v brew >/dev/null; then \
	    echo "QEMU is missing: installing qemu with brew"; brew install qemu; \
	  else \
	    echo "QEMU is missing; install qemu-system-aarch64 from your system's packages." >&2; exit 1; \
	  fi; \
	fi

# The font of the consoles is the distribution's, unpacked and not installed: nothing else comes with it.
# Where there is no such package, text is drawn with the built-in font.
font := build/font/console.psf
font_package := console-setup-linux
font_file := usr/share/consolefonts/Uni2-Terminus16.psf.gz

font: $(font)

$(font):
	@mkdir -p $(dir $@)
	@if [ -f /$(font_file) ]; then gzip -dc /$(font_file) > $@; \
	elif command -v apt-get >/dev/null; then \
	  echo "The console's font is missing: unpacking $(font_package) into $(dir $@)"; \
	  ( cd $(dir $@) && { apt-get download -q $(font_package) || { $(root) apt-get update && apt-get download -q $(font_package); }; } \
	  && dpkg-deb --fsys-tarfile $(font_package)_*.deb | tar -xO ./$(font_file) | gzip -dc > console.psf ); \
	  rm -f $(dir $@)$(font_package)_*.deb; \
	fi; \
	if [ ! -s $(CURDIR)/$@ ]; then rm -f $(CURDIR)/$@; echo "There is no font for the console: the built-in one is used."; \
	else touch $(CURDIR)/Kernel/Sources/KernelFont/KernelFont.c; fi

spin: swift
	@if ! command -v spin >/dev/null || ! command -v gcc >/dev/null; then \
	  if command -v apt-get >/dev/null; then \
	    echo "Spin is missing: installing spin gcc libc6-dev with apt-get"; \
	    $(root) apt-get update && $(root) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends spin gcc libc6-dev; \
	  elif command -v brew >/dev/null; then \
	    echo "Spin is missing: installing spin with brew"; brew install spin; \
	  else \
	    echo "Spin is missing; install spin and gcc from your system's packages." >&2; exit 1; \
	  fi; \
	fi

z3: swift
	@if ! command -v z3 >/dev/null; then \
	  if command -v apt-get >/dev/null; then \
	    echo "z3 is missing: installing z3 with apt-get"; \
	    $(root) apt-get update && $(root) env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends z3; \
	  elif command -v brew >/dev/null; then \
	    echo "z3 is missing: installing z3 with brew"; brew install z3; \
	  else \
	    echo "z3 is missing; install it from your system's packages." >&2; exit 1; \
	  fi; \
	fi
