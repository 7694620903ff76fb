// What the CPU does with an exception: the whole frame is saved, SIMD registers included, for Swift
// copies through them. An interrupt returns to where it came from; anything else is a fault, which is
// reported and ends the kernel.

#if defined(__aarch64__)

#include "ExceptionFrame.h"

#define AT(word) [sp, #(8 * (word))]
#define FRAME_BYTES (8 * KERNEL_FRAME_WORDS)

  .section .text.vectors, "ax"

// The stack may be what failed, and an interrupt may come when it is all but full: so neither is
// used on it. Interrupts have a stack of their own, which a fault in their handler leaves alone.
// Two thread registers, which nothing else uses, hold what the way to the new stack needs.
  .macro  vector number, stack
  .balign 128
  msr     tpidr_el1, x0
  msr     tpidrro_el0, x1
  mov     x0, sp
  adrp    x1, \stack
  mov     sp, x1
  mov     x1, #\number
  b       exception
  .endm

// By four: from level 1 on the stack of level 0, from level 1, from level 0, from 32-bit level 0; in
// each synchronous, IRQ, FIQ, SError. The kernel runs at level 1 on the stack of level 1.
  .balign 2048
  .global kernel_vectors
kernel_vectors:
  .irp    number, 0, 1, 2, 3, 4
  vector  \number, __fault_stack_top
  .endr
  vector  KERNEL_VECTOR_INTERRUPT, __interrupt_stack_top
  .irp    number, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
  vector  \number, __fault_stack_top
  .endr

// A pair of registers, to and from its place in the frame.
  .macro  pair operation, first, second
  \operation x\first, x\second, AT(\first)
  .endm

  .macro  vectors operation, first, second
  \operation q\first, q\second, AT(KERNEL_FRAME_Q + 2 * \first)
  .endm

  .macro  pairs operation
  pair    \operation, 2, 3
  pair    \operation, 4, 5
  pair    \operation, 6, 7
  pair    \operation, 8, 9
  pair    \operation, 10, 11
  pair    \operation, 12, 13
  pair    \operation, 14, 15
  pair    \operation, 16, 17
  pair    \operation, 18, 19
  pair    \operation, 20, 21
  pair    \operation, 22, 23
  pair    \operation, 24, 25
  pair    \operation, 26, 27
  pair    \operation, 28, 29
  vectors \operation, 0, 1
  vectors \operation, 2, 3
  vectors \operation, 4, 5
  vectors \operation, 6, 7
  vectors \operation, 8, 9
  vectors \operation, 10, 11
  vectors \operation, 12, 13
  vectors \operation, 14, 15
  vectors \operation, 16, 17
  vectors \operation, 18, 19
  vectors \operation, 20, 21
  vectors \operation, 22, 23
  vectors \operation, 24, 25
  vectors \operation, 26, 27
  vectors \operation, 28, 29
  vectors \operation, 30, 31
  .endm

  .section .text.exception, "ax"

// x0: the stack pointer before; x1: the vector.
exception:
  sub     sp, sp, #FRAME_BYTES
  pairs   stp
  stp     x30, x0, AT(30)         // word 31: the stack pointer
  mrs     x2, tpidr_el1
  mrs     x3, tpidrro_el0
  stp     x2, x3, AT(0)
  mrs     x2, elr_el1
  mrs     x3, spsr_el1
  stp     x2, x3, AT(KERNEL_FRAME_ELR)
  mrs     x3, esr_el1
  mrs     x4, far_el1
  stp     x3, x4, AT(KERNEL_FRAME_ESR)
  mrs     x3, fpsr
  mrs     x4, fpcr
  stp     x3, x4, AT(KERNEL_FRAME_FPSR)
  stp     x1, xzr, AT(KERNEL_FRAME_VECTOR)
  // A frame record, by which a backtrace finds its way to what was interrupted. Backtraces take 4
  // from return addresses.
  add     x2, x2, #4
  stp     x29, x2, AT(KERNEL_FRAME_RECORD)
  add     x29, sp, #(8 * KERNEL_FRAME_RECORD)
  mov     x0, sp
  cmp     x1, #KERNEL_VECTOR_INTERRUPT
  b.eq    1f

  // A read that was guarded goes on with all ones, if nobody has answered it: a data abort from this
  // level, by a synchronous external abort.
  cmp     x1, #KERNEL_VECTOR_SYNCHRONOUS
  ldp     x3, x4, AT(KERNEL_FRAME_ELR)
  adr     x4, guarded_read
  ccmp    x3, x4, #0, eq
  ldr     x4, AT(KERNEL_FRAME_ESR)
  and     w4, w4, #0xfc00003f     // EC and DFSC
  movz    w3, #0x9400, lsl #16
  movk    w3, #0x0010
  ccmp    w4, w3, #0, eq
  b.ne    2f
  mov     x3, #-1
  str     x3, AT(0)
  str     x2, AT(KERNEL_FRAME_ELR)
  b       3f
2:
  bl      kernel_fault
  b       .
1:
  bl      kernel_interrupt
3:

  // Back, with what the handler left in the frame. Nothing interrupts this: `eret` unmasks.
  ldp     x2, x3, AT(KERNEL_FRAME_ELR)
  msr     elr_el1, x2
  msr     spsr_el1, x3
  ldp     x2, x3, AT(KERNEL_FRAME_FPSR)
  msr     fpsr, x2
  msr     fpcr, x3
  pairs   ldp
  ldp     x30, x0, AT(30)
  mov     x1, sp
  mov     sp, x0
  ldp     x0, x1, [x1]
  eret

// Reads the 32 bits at x0: into x0, whose upper half is then 0, or all ones if nobody answers. What the
// instruction was is known before the next one runs.
  .global kernel_read_guarded
kernel_read_guarded:
guarded_read:
  ldr     w0, [x0]
  dsb     sy
  ret

// Until something handles interrupts, one is a fault. A word decides, not the linker: an image that
// never sets it has none of the code that would.
kernel_interrupt:
  adrp    x1, kernel_interrupt_handler
  ldr     x1, [x1, :lo12:kernel_interrupt_handler]
  cbz     x1, kernel_fault
  br      x1

  .section .bss.kernel_interrupt_handler, "aw", %nobits
  .balign 8
  .global kernel_interrupt_handler
kernel_interrupt_handler:
  .space  8

// The caller's frame, where a backtrace starts.
  .section .text.kernel_frame_pointer, "ax"
  .global kernel_frame_pointer
kernel_frame_pointer:
  mov     x0, x29
  ret

// Calls the function at x0 on the stack of crashes, and comes back on this one.
  .section .text.kernel_call_on_crash_stack, "ax"
  .global kernel_call_on_crash_stack
kernel_call_on_crash_stack:
  stp     x29, x30, [sp, #-16]!
  mov     x29, sp
  adrp    x1, __crash_stack_top
  mov     sp, x1
  blr     x0
  mov     sp, x29
  ldp     x29, x30, [sp], #16
  ret

  .section .rodata.kernel_stack_table, "a"
  .balign 8
  .global kernel_stack_table
kernel_stack_table:
  .quad   __stack_guard, __stack_bottom, __stack_top
  .quad   __interrupt_stack_guard, __interrupt_stack_bottom, __interrupt_stack_top
  .quad   __fault_stack_guard, __fault_stack_bottom, __fault_stack_top
  .quad   __crash_stack_guard, __crash_stack_bottom, __crash_stack_top

#endif
