// What exceptions.S saves of what was interrupted, for it and for Swift. Words of 64 bits, by their
// places: x0 to x30, then these.

#ifndef KERNEL_EXCEPTION_FRAME_H
#define KERNEL_EXCEPTION_FRAME_H

#define KERNEL_FRAME_SP 31
#define KERNEL_FRAME_ELR 32
#define KERNEL_FRAME_SPSR 33
#define KERNEL_FRAME_ESR 34
#define KERNEL_FRAME_FAR 35
#define KERNEL_FRAME_FPSR 36
#define KERNEL_FRAME_FPCR 37
#define KERNEL_FRAME_VECTOR 38
#define KERNEL_FRAME_RECORD 40  // x29 and ELR + 4, as a function leaves x29 and x30 on its stack
#define KERNEL_FRAME_Q 42
#define KERNEL_FRAME_WORDS 106

// The vector of an instruction's own exception, and of an IRQ, that comes while the kernel runs.
#define KERNEL_VECTOR_SYNCHRONOUS 4
#define KERNEL_VECTOR_INTERRUPT 5

#endif
