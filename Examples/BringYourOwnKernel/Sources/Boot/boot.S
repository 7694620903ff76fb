// From power-on to `main`, and from an interrupt to its handler. Before the first Swift instruction there
// have to be vector registers, page tables and caches: Swift copies through the first, without regard to
// alignment, which works in cached memory only.

#if defined(__aarch64__) && !__STDC_HOSTED__

  .section .text.boot, "ax"
  .global _start
_start:
  mov     x0, #(3 << 20)          // CPACR_EL1: vector registers
  msr     cpacr_el1, x0
  ldr     x0, =vectors
  msr     vbar_el1, x0

  ldr     x0, =kernel_bss_start
  ldr     x1, =kernel_bss_end
1:
  cmp     x0, x1
  b.hs    2f
  stp     xzr, xzr, [x0], #16
  b       1b
2:
  ldr     x0, =0xff00             // MAIR_EL1: 0 is for devices, 1 for memory
  msr     mair_el1, x0
  ldr     x0, =0x200803519        // TCR_EL1: 39 bits of address, 4 KiB pages, cached tables
  msr     tcr_el1, x0
  ldr     x0, =page_table
  msr     ttbr0_el1, x0
  tlbi    vmalle1
  dsb     sy
  isb
  ldr     x0, =0x30d01805         // SCTLR_EL1: MMU and caches on
  msr     sctlr_el1, x0
  isb

  ldr     x0, =kernel_stack_top
  mov     sp, x0
  mov     x29, xzr
  bl      main
3:
  wfi
  b       3b

// Every address is mapped to itself, by the gigabyte.
  .section .data.page_table, "aw"
  .balign 4096
page_table:
  .quad   0x0060000000000401               // from 0: devices; never executed
  .quad   0x0000000000000705 | 1 << 30     // from 1 GiB: RAM; cached, shared with devices
  .fill   254, 8, 0
  .quad   0x0060000000000401 | 256 << 30   // from 256 GiB: PCI's configuration space
  .fill   255, 8, 0

// Interrupts are vector 5; the others are faults, which are left for a debugger to look at.
  .text
  .balign 2048
vectors:
  .rept   5
  b       .
  .balign 128
  .endr
  b       interrupt
  .balign 128
  .rept   10
  b       .
  .balign 128
  .endr

// To or from the stack: every register that a function may change.
  .macro  registers operation
  .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 30
  \operation x\n, [sp, #(8 * \n)]
  .endr
  .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  \operation q\n, [sp, #(256 + 16 * \n)]
  .endr
  .irp    n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
  \operation q\n, [sp, #(256 + 16 * \n)]
  .endr
  .endm

interrupt:
  sub     sp, sp, #768
  registers str
  bl      kernel_interrupt
  registers ldr
  add     sp, sp, #768
  eret

#endif
