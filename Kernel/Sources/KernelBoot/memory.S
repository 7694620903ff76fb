// The four functions that compilers call by themselves. In assembly, as a compiler would turn a loop
// that copies into a call of the very function it is in.
//
// Up to 64 bytes are loaded before any is stored, from both ends of the range, so that lengths need no
// loop and overlap does no harm. Longer ones go by 64 bytes, the target aligned to 16; what a loop
// leaves over at either end was loaded before it and is stored after it.

#if defined(__aarch64__)

  .macro  function name
  .section .text.\name, "ax"
  .global \name
  .balign 4
\name:
  .endm

// void *memset(void *x0, int w1, size_t x2)
function memset
  dup     v0.16b, w1
  add     x4, x0, x2              // the end
  cmp     x2, #16
  b.lo    5f
  str     q0, [x0]
  str     q0, [x4, #-16]
  cmp     x2, #32
  b.ls    4f
  cmp     x2, #64
  b.hi    1f
  str     q0, [x0, #16]
  str     q0, [x4, #-32]
  ret
1:
  and     x3, x0, #-16
  add     x3, x3, #16
  tst     w1, #0xff
  b.eq    memset_zero
memset_rest:
  sub     x5, x4, #64
2:
  cmp     x3, x5
  b.hs    3f
  stp     q0, q0, [x3], #32
  stp     q0, q0, [x3], #32
  b       2b
3:
  stp     q0, q0, [x5]
  stp     q0, q0, [x5, #32]
4:
  ret
5:                                // fewer than 16
  fmov    x1, d0
  tbz     x2, #3, 1f
  str     x1, [x0]
  str     x1, [x4, #-8]
  ret
1:
  tbz     x2, #2, 2f
  str     w1, [x0]
  str     w1, [x4, #-4]
  ret
2:
  cbz     x2, 4b
  strb    w1, [x0]
  tbz     x2, #1, 4b
  strh    w1, [x4, #-2]
  ret

// Zeroes: the cache makes whole blocks of them without reading memory, where that is allowed and a
// block is worth it, of 64 bytes at least.
memset_zero:
  mrs     x5, dczid_el0
  tbnz    x5, #4, memset_rest     // DCZID_EL0.DZP: prohibited
  and     x5, x5, #15             // DCZID_EL0.BS: log2 of its words
  cmp     x5, #4
  b.lo    memset_rest
  mov     x6, #4
  lsl     x6, x6, x5              // the size of a block
  cmp     x2, x6, lsl #1
  b.lo    memset_rest
  sub     x7, x6, #1
1:
  tst     x3, x7
  b.eq    3f
  str     q0, [x3], #16
  b       1b
3:
  sub     x5, x4, x6              // the last place where a block fits
1:
  cmp     x3, x5
  b.hi    memset_rest
  dc      zva, x3
  add     x3, x3, x6
  b       1b

// void *memmove(void *x0, const void *x1, size_t x2): backwards if the target starts in the source
function memmove
  sub     x3, x0, x1
  cmp     x3, x2
  b.hs    memcpy
  cmp     x2, #64
  b.ls    memcpy
  add     x3, x0, x2
  add     x4, x1, x2
  ldr     q16, [x4, #-16]
  ldp     q20, q21, [x1]
  ldp     q22, q23, [x1, #32]
  sub     x6, x3, #1              // the end of what the loop fills, aligned
  and     x6, x6, #-16
  sub     x5, x3, x6
  sub     x4, x4, x5
  add     x5, x0, #64
1:
  cmp     x6, x5
  b.ls    2f
  ldp     q0, q1, [x4, #-32]
  ldp     q2, q3, [x4, #-64]!
  stp     q0, q1, [x6, #-32]
  stp     q2, q3, [x6, #-64]!
  b       1b
2:
  stp     q20, q21, [x0]
  stp     q22, q23, [x0, #32]
  str     q16, [x3, #-16]
  ret

// void *memcpy(void *x0, const void *x1, size_t x2). Forwards, so memmove may call it if the target
// starts before the source.
function memcpy
  add     x3, x0, x2
  add     x4, x1, x2
  cmp     x2, #16
  b.lo    4f
  ldr     q16, [x1]
  ldr     q23, [x4, #-16]
  cmp     x2, #32
  b.ls    3f
  cmp     x2, #64
  b.hi    1f
  ldr     q17, [x1, #16]
  ldr     q22, [x4, #-32]
  str     q17, [x0, #16]
  str     q22, [x3, #-32]
  b       3f
1:
  ldp     q20, q21, [x4, #-64]
  ldr     q22, [x4, #-32]
  add     x5, x0, #16             // the start of what the loop fills, aligned
  and     x5, x5, #-16
  sub     x6, x5, x0
  add     x1, x1, x6
  sub     x6, x3, #64
1:
  cmp     x5, x6
  b.hs    2f
  ldp     q0, q1, [x1], #32
  ldp     q2, q3, [x1], #32
  stp     q0, q1, [x5], #32
  stp     q2, q3, [x5], #32
  b       1b
2:
  stp     q20, q21, [x3, #-64]
  str     q22, [x3, #-32]
3:
  str     q16, [x0]
  str     q23, [x3, #-16]
  ret
4:                                // fewer than 16
  tbz     x2, #3, 1f
  ldr     x5, [x1]
  ldr     x6, [x4, #-8]
  str     x5, [x0]
  str     x6, [x3, #-8]
  ret
1:
  tbz     x2, #2, 1f
  ldr     w5, [x1]
  ldr     w6, [x4, #-4]
  str     w5, [x0]
  str     w6, [x3, #-4]
  ret
1:
  cbz     x2, 2f
  lsr     x7, x2, #1              // of 1 to 3 bytes: the first, the middle one, the last
  ldrb    w5, [x1]
  ldrb    w6, [x1, x7]
  ldrb    w4, [x4, #-1]
  strb    w5, [x0]
  strb    w6, [x0, x7]
  strb    w4, [x3, #-1]
2:
  ret

// int memcmp(const void *x0, const void *x1, size_t x2)
function memcmp
  cbz     x2, 2f
1:
  ldrb    w3, [x0], #1
  ldrb    w4, [x1], #1
  subs    w5, w3, w4
  b.ne    3f
  subs    x2, x2, #1
  b.ne    1b
2:
  mov     w5, wzr
3:
  mov     w0, w5
  ret

#endif
