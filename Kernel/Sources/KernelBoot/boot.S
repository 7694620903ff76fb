// From power-on to the first Swift instruction: exception level 1, floating point, cleared memory, a
// guarded stack, and page tables and caches on. Swift code copies through vector registers and
// makes unaligned accesses, neither of which works with the MMU off.

#if defined(__aarch64__)

  .section .text.boot, "ax"
  .global _start

// The header of a Linux arm64 image, by which QEMU (and other loaders) know where to put a raw image
// and that they should pass the device tree in x0.
_start:
  b       enter                   // code0
  .long   0                       // code1
  .quad   0                       // text_offset: from a 2 MiB boundary
  .quad   __image_size            // image_size, .bss and all
  .quad   0b0010                  // flags: little-endian, 4 KiB pages, near the start of RAM
  .quad   0
  .quad   0
  .quad   0
  .ascii  "ARM\x64"
  .long   0

// Attributes of a mapping: a valid, accessed, inner-shareable entry.
#define RW_DATA     0x0060000000000705   /* block; normal write-back, no execution */
#define RW_PAGE     0x0060000000000707
#define RO_PAGE     0x0060000000000787
#define CODE_PAGE   0x0040000000000787
#define DEVICE_PAGE 0x0060000000000403   /* device-nGnRnE, no execution */

// Where QEMU's `virt` has its serial line: for saying that the tree cannot be read.
#define LAST_RESORT 0x09000000

enter:
  msr     daifset, #0xf
  mov     x19, x0                 // the device tree, or 0
  mrs     x20, CurrentEL

  // A hypervisor's level is left at once: everything here runs at level 1.
  cmp     x20, #(2 << 2)
  b.ne    at_level_1
  mov     x0, #(1 << 31)          // HCR_EL2.RW: level 1 is 64-bit; nothing is trapped
  msr     hcr_el2, x0
  isb                             // E2H is off from here on, which changes the next registers
  mov     x0, #3                  // CNTHCTL_EL2: level 1 may use the physical counter
  msr     cnthctl_el2, x0
  msr     cntvoff_el2, xzr
  mov     x0, #0x33ff             // CPTR_EL2: no traps of floating point
  msr     cptr_el2, x0
  msr     hstr_el2, xzr
  mrs     x0, midr_el1
  msr     vpidr_el2, x0
  mrs     x0, mpidr_el1
  msr     vmpidr_el2, x0
  mrs     x0, id_aa64pfr0_el1
  ubfx    x0, x0, #24, #4         // ID_AA64PFR0_EL1.GIC: whether the CPU has the next registers
  cbz     x0, 1f
  mrs     x0, s3_4_c12_c9_5       // ICC_SRE_EL2
  orr     x0, x0, #1              // SRE: used as registers
  orr     x0, x0, #8              // Enable: level 1 may say so too
  msr     s3_4_c12_c9_5, x0
  isb
  mrs     x0, s3_4_c12_c9_5
  tbz     x0, #0, 1f              // level 3 keeps them off
  msr     s3_4_c12_c11_0, xzr     // ICH_HCR_EL2: no virtual interrupts, nothing trapped
1:
  movz    x0, #0x0800             // SCTLR_EL1: reserved bits, MMU and caches off
  movk    x0, #0x30d0, lsl #16
  msr     sctlr_el1, x0
  mov     x0, #0x3c5              // SPSR_EL2: level 1 with its own stack, all masked
  msr     spsr_el2, x0
  adr     x0, at_level_1
  msr     elr_el2, x0
  eret

at_level_1:
  mov     x0, #(3 << 20)          // CPACR_EL1.FPEN: floating point and SIMD
  msr     cpacr_el1, x0
  movz    x0, #0x0800             // MMU and caches off, should a loader have left them on
  movk    x0, #0x30d0, lsl #16
  msr     sctlr_el1, x0
  adrp    x0, kernel_vectors
  add     x0, x0, :lo12:kernel_vectors
  msr     vbar_el1, x0
  adrp    x0, __fault_stack_top
  mov     sp, x0
  isb

  // Clear .bss. These stores go past the cache: lines that it holds of that memory are dropped before,
  // lest one be written back over the zeroes, and after, lest a stale one be found.
  adrp    x0, __bss_start
  add     x0, x0, :lo12:__bss_start
  adrp    x1, __bss_end
  add     x1, x1, :lo12:__bss_end
  bl      drop_lines
  mov     x2, x0
1:
  stp     xzr, xzr, [x2], #16
  cmp     x2, x1
  b.lo    1b
  bl      drop_lines

  // The image has addresses in it, so it must lie where it was linked to.
  adr     x0, _start
  ldr     x1, =_start
  cmp     x0, x1
  b.ne    misplaced

  // Page tables: 40 bits of address, identity-mapped. For now there is the gigabyte of the image,
  // with 4 KiB precision in the image's 2 MiB, and the one page of the last resort. Address 0 and
  // what follows it is never mapped.
  adrp    x4, kernel_root_table
  adrp    x5, first_table
  adrp    x6, second_table
  adrp    x7, third_table
  adrp    x8, __image_start
  orr     x0, x5, #3
  str     x0, [x4]
  adrp    x12, resort_second_table
  orr     x0, x12, #3
  str     x0, [x5]
  adrp    x13, resort_third_table
  orr     x0, x13, #3
  str     x0, [x12, #(LAST_RESORT >> 21) * 8]
  ldr     x0, =DEVICE_PAGE | LAST_RESORT
  str     x0, [x13, #(LAST_RESORT >> 12 & 511) * 8]
  lsr     x9, x8, #30             // the image's gigabyte
  orr     x0, x6, #3
  str     x0, [x5, x9, lsl #3]

  // Below the image: RAM, and in an ELF boot the device tree, which lies at the start of it.
  ldr     x10, =RW_DATA
  lsl     x11, x9, #30
  orr     x0, x11, x10
  mov     x12, x6
  ubfx    x13, x8, #21, #9        // the image's 2 MiB
3:
  cbz     x13, 4f
  str     x0, [x12], #8
  add     x0, x0, #(1 << 21)
  sub     x13, x13, #1
  b       3b
4:
  orr     x0, x7, #3
  str     x0, [x12]

  // Without a tree in x0 it is at the start of RAM.
  cmp     x19, #0
  csel    x19, x11, x19, eq
  // Map the 2 MiB in which it starts, and the next: it is no longer than that.
  lsr     x0, x19, #30
  cmp     x0, x9
  b.ne    5f
  ubfx    x0, x19, #21, #9
  bl      map_block
  cmp     x0, #511
  b.eq    5f
  add     x0, x0, #1
  bl      map_block
5:

  // The image, page by page: what may run cannot be written, what can be written does not run.
  mov     x0, x8
  adrp    x1, __text_end
  ldr     x2, =CODE_PAGE
  bl      map_pages
  adrp    x1, __rodata_end
  ldr     x2, =RO_PAGE
  bl      map_pages
  adrp    x1, __stack_guard
  ldr     x2, =RW_PAGE
  bl      map_pages
  adrp    x0, __stack_bottom
  adrp    x1, __interrupt_stack_guard
  bl      map_pages
  adrp    x0, __interrupt_stack_bottom
  adrp    x1, __fault_stack_guard
  bl      map_pages
  adrp    x0, __fault_stack_bottom
  adrp    x1, __crash_stack_guard
  bl      map_pages
  adrp    x0, __crash_stack_bottom
  adrp    x1, __image_end
  bl      map_pages

  // The tables too were written past the cache, and are walked through it.
  adrp    x0, kernel_root_table
  adrp    x1, kernel_table_pool
  bl      drop_lines

  ldr     x0, =0xff00             // MAIR_EL1: 0 is device-nGnRnE, 1 is normal write-back
  msr     mair_el1, x0
  ldr     x0, =0x200803518        // TCR_EL1: 40 bits each way, 4 KiB, cached tables, no upper half
  msr     tcr_el1, x0
  msr     ttbr0_el1, x4
  dsb     sy
  isb
  tlbi    vmalle1
  ic      iallu
  dsb     sy
  isb
  mrs     x0, sctlr_el1
  mov     x1, #0x1005             // M, C, I
  movk    x1, #0x0008, lsl #16    // WXN: whatever the tables say, what can be written does not run
  orr     x0, x0, x1
  msr     sctlr_el1, x0
  isb

  adrp    x0, __stack_top
  add     x0, x0, :lo12:__stack_top
  mov     sp, x0
  adrp    x0, kernel_boot_facts
  add     x0, x0, :lo12:kernel_boot_facts
  lsr     x20, x20, #2
  stp     x19, x20, [x0]
  mov     x29, xzr
  mov     x30, xzr
  bl      main
  bl      kernel_exit

// Drops what the data cache holds from x0 up to x1, without writing it back. Uses x2 and x3.
drop_lines:
  dsb     sy
  mrs     x3, ctr_el0
  ubfx    x3, x3, #16, #4         // CTR_EL0.DminLine: log2 of the words of a line
  mov     x2, #4
  lsl     x2, x2, x3
  sub     x3, x2, #1
  bic     x3, x0, x3
1:
  dc      ivac, x3
  add     x3, x3, x2
  cmp     x3, x1
  b.lo    1b
  dsb     sy
  ret

// A loader has put the image elsewhere. No Swift can run there: say it where QEMU has its serial line.
misplaced:
  adr     x2, misplaced_text
  mov     x3, #LAST_RESORT
1:
  ldrb    w4, [x2], #1
  cbz     w4, 2f
  str     w4, [x3]
  b       1b
2:
  mov     x0, #0x0008             // PSCI SYSTEM_OFF
  movk    x0, #0x8400, lsl #16
  cmp     x20, #(2 << 2)
  b.eq    3f
  hvc     #0
3:
  smc     #0
  b       .
misplaced_text:
  .asciz  "PANIC: the image must lie 2 MiB above the start of RAM, at the address that it is linked to\n"
  .balign 4

// Maps block x0 of the image's gigabyte, unless something is there.
map_block:
  ldr     x1, [x6, x0, lsl #3]
  cbnz    x1, 1f
  add     x1, x11, x0, lsl #21
  orr     x1, x1, x10
  str     x1, [x6, x0, lsl #3]
1:
  ret

// Maps the pages from x0 up to x1 with the attributes x2; leaves x0 at x1.
map_pages:
  cmp     x0, x1
  b.hs    1f
  ubfx    x3, x0, #12, #9
  orr     x12, x0, x2
  str     x12, [x7, x3, lsl #3]
  add     x0, x0, #4096
  b       map_pages
1:
  ret

  .bss
  .balign 4096
  .global kernel_root_table
kernel_root_table:
  .space  4096
first_table:
  .space  4096
second_table:
  .space  4096
third_table:
  .space  4096
resort_second_table:
  .space  4096
resort_third_table:
  .space  4096
  .global kernel_table_pool
kernel_table_pool:
  .space  4096 * 32               // for RAM of many pieces; later tables may lie in RAM itself
  .global kernel_table_pool_end
kernel_table_pool_end:
  .global kernel_boot_facts
kernel_boot_facts:
  .space  16

#endif
