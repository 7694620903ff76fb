// Between which instructions a measurement counts. Each is a function of its own, so that a trace of
// what the CPU executes can be cut at the same places from outside.

#if defined(__aarch64__)

  .macro  function name
  .section .text.\name, "ax"
  .global \name
  .balign 4
\name:
  .endm

  .macro  count register
  isb                             // no earlier and no later
  mrs     \register, pmevcntr0_el0
  .endm

function kernel_probe_start
  adrp    x1, kernel_probe_record
  add     x1, x1, :lo12:kernel_probe_record
  stp     xzr, xzr, [x1, #16]
  count   x0
  str     x0, [x1]
  ret

function kernel_probe_stop
  count   x0
  adrp    x1, kernel_probe_record
  add     x1, x1, :lo12:kernel_probe_record
  str     x0, [x1, #8]
  ret

// Only the first spin of a measurement starts it, only the last one ends it: what is looked at in
// between was in vain, and would be done more or less often the next time.
function kernel_probe_spin_start
  count   x0
  adrp    x1, kernel_probe_record
  add     x1, x1, :lo12:kernel_probe_record
  ldr     x2, [x1, #16]
  cbnz    x2, 1f
  str     x0, [x1, #16]
1:
  ret

function kernel_probe_spin_end
  count   x0
  adrp    x1, kernel_probe_record
  add     x1, x1, :lo12:kernel_probe_record
  str     x0, [x1, #24]
  ret

  .section .bss.kernel_probe_record, "aw", %nobits
  .global kernel_probe_record
  .balign 8
kernel_probe_record:
  .skip   32

#endif
