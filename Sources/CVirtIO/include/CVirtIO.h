// The instructions that Swift 6.3 cannot name: one load or store per device register access, and
// the barrier that orders shared memory against a doorbell.
//
// On AArch64 each access is written in assembly with a plain base register. A compiler may merge
// two volatile accesses into a pair or add write-back addressing; such an access has no syndrome
// that a hypervisor could emulate from, so the guest would die on the first register.

#ifndef CVIRTIO_H
#define CVIRTIO_H

#include <stdint.h>

// One instruction each: a call would be longer, also where code is to be small.
#define CVIRTIO_INLINE static inline __attribute__((always_inline))

#if defined(__aarch64__)

#define CVIRTIO_LOAD(bits, type, instruction)                                                       \
  CVIRTIO_INLINE type cvirtio_load##bits(uintptr_t address) {                                       \
    uint32_t value;                                                                                 \
    __asm__ volatile(instruction " %w0, [%1]" : "=r"(value) : "r"(address) : "memory");             \
    return (type)value;                                                                             \
  }

#define CVIRTIO_STORE(bits, type, instruction)                                                      \
  CVIRTIO_INLINE void cvirtio_store##bits(uintptr_t address, type value) {                          \
    __asm__ volatile(instruction " %w0, [%1]" : : "r"((uint32_t)value), "r"(address) : "memory");   \
  }

CVIRTIO_LOAD(8, uint8_t, "ldrb")
CVIRTIO_LOAD(16, uint16_t, "ldrh")
CVIRTIO_LOAD(32, uint32_t, "ldr")
CVIRTIO_STORE(8, uint8_t, "strb")
CVIRTIO_STORE(16, uint16_t, "strh")
CVIRTIO_STORE(32, uint32_t, "str")

// Orders every earlier access to memory before every later one, as seen by devices too: hence the
// outer shareable domain, which VIRTIO_F_ORDER_PLATFORM asks for and which contains the inner one.
CVIRTIO_INLINE void cvirtio_full_barrier(void) { __asm__ volatile("dmb osh" : : : "memory"); }

// Tells the core that this is a spin loop.
CVIRTIO_INLINE void cvirtio_relax(void) { __asm__ volatile("yield" : : : "memory"); }

#else

// Other architectures run the driver hosted, against devices in memory.

#define CVIRTIO_LOAD(bits, type)                                                                    \
  CVIRTIO_INLINE type cvirtio_load##bits(uintptr_t address) { return *(volatile type *)address; }

#define CVIRTIO_STORE(bits, type)                                                                   \
  CVIRTIO_INLINE void cvirtio_store##bits(uintptr_t address, type value) {                          \
    *(volatile type *)address = value;                                                              \
  }

CVIRTIO_LOAD(8, uint8_t)
CVIRTIO_LOAD(16, uint16_t)
CVIRTIO_LOAD(32, uint32_t)
CVIRTIO_STORE(8, uint8_t)
CVIRTIO_STORE(16, uint16_t)
CVIRTIO_STORE(32, uint32_t)

CVIRTIO_INLINE void cvirtio_full_barrier(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
CVIRTIO_INLINE void cvirtio_relax(void) {}

#endif

#undef CVIRTIO_INLINE
#undef CVIRTIO_LOAD
#undef CVIRTIO_STORE

#endif
