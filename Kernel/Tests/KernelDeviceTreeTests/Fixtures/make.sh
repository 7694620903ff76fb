#!/bin/sh
# Makes the fixtures again, with QEMU 7.2 and dtc. Seeds under /chosen differ from run to run.
set -e
cd "$(dirname "$0")"
kernel=$(mktemp)
head -c 4096 /dev/zero > "$kernel"
make_tree() {
  name=$1
  shift
  qemu-system-aarch64 -cpu cortex-a72 -display none -nic none "$@" -machine "dumpdtb=$name.raw"
  dtc -q -I dtb -O dtb "$name.raw" -o "$name.dtb"
  rm "$name.raw"
}
make_tree virt-default -M virt
make_tree virt-highmem-off-64m -M virt,highmem=off -m 64
make_tree virt-el2-smc -M virt,virtualization=on
make_tree virt-numa-6g -M virt -m 6G -smp 2 \
  -object memory-backend-ram,id=m0,size=2G -object memory-backend-ram,id=m1,size=4G \
  -numa node,nodeid=0,cpus=0,memdev=m0 -numa node,nodeid=1,cpus=1,memdev=m1
make_tree virt-gicv3-its -M virt,gic-version=3,its=on -kernel "$kernel" \
  -append "wait=poll queue=packed"
make_tree virt-secure -M virt,secure=on
dtc -q -I dts -O dtb board.dts -o board.dtb
rm "$kernel"
