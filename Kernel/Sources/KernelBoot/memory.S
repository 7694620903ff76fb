// The four functions that compilers call by themselves. In assembly, as a compiler would turn a loop
// that copies into a call of the very function it is in.

#if defined(__aarch64__)

  .macro  function name
  .section .text.\name, "ax"
  .global \name
  .balign 4
\name:
  .endm

// void *memset(void *x0, int w1, size_t x2)
function memset
  mov     x3, x0
  dup     v0.16b, w1
  subs    x2, x2, #64
  b.lo    2f
1:
  stp     q0, q0, [x3], #32
  stp     q0, q0, [x3], #32
  subs    x2, x2, #64
  b.hs    1b
2:
  adds    x2, x2, #64
  b.eq    4f
3:
  strb    w1, [x3], #1
  subs    x2, x2, #1
  b.ne    3b
4:
  ret

// void *memmove(void *x0, const void *x1, size_t x2): backwards if the target starts in the source
function memmove
  sub     x3, x0, x1
  cmp     x3, x2
  b.hs    memcpy
  add     x3, x0, x2
  add     x1, x1, x2
  cbz     x2, 2f
1:
  ldrb    w4, [x1, #-1]!
  strb    w4, [x3, #-1]!
  subs    x2, x2, #1
  b.ne    1b
2:
  ret

// void *memcpy(void *x0, const void *x1, size_t x2)
function memcpy
  mov     x3, x0
  subs    x2, x2, #32
  b.lo    2f
1:
  ldp     q0, q1, [x1], #32
  stp     q0, q1, [x3], #32
  subs    x2, x2, #32
  b.hs    1b
2:
  adds    x2, x2, #32
  b.eq    4f
3:
  ldrb    w4, [x1], #1
  strb    w4, [x3], #1
  subs    x2, x2, #1
  b.ne    3b
4:
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
