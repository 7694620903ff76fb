// What Swift has no words for: instructions of the machine, and where free memory starts.

#pragma once

#include <stdint.h>

#if defined(__aarch64__) && !__STDC_HOSTED__

extern char kernel_end[];
static inline void *_Nonnull kernel_free_memory(void) { return kernel_end; }

static inline uint32_t kernel_load32(uintptr_t address) { return *(volatile uint32_t *)address; }
static inline void kernel_store32(uintptr_t address, uint32_t value) {
  *(volatile uint32_t *)address = value;
}

static inline uint64_t kernel_ticks(void) {
  uint64_t ticks;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(ticks));
  return ticks;
}
static inline uint64_t kernel_ticks_per_second(void) {
  uint64_t frequency;
  __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
  return frequency;
}
// Has the timer interrupt at a time of the counter's; never, if that is the last there is.
static inline void kernel_set_alarm(uint64_t ticks) {
  __asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb" : : "r"(ticks), "r"(1ul));
}

static inline void kernel_mask_interrupts(void) { __asm__ volatile("msr daifset, #2" : : : "memory"); }
static inline void kernel_unmask_interrupts(void) {
  __asm__ volatile("msr daifclr, #2" : : : "memory");
}
// Returns once an interrupt is pending, masked or not.
static inline void kernel_wait_for_interrupt(void) { __asm__ volatile("wfi" : : : "memory"); }

#else

// On a computer's own system the kernel is compiled, for its editor and for tests, and never started.
static inline void *_Nonnull kernel_free_memory(void) { __builtin_trap(); }
static inline uint32_t kernel_load32(uintptr_t address) { __builtin_trap(); }
static inline void kernel_store32(uintptr_t address, uint32_t value) { __builtin_trap(); }
static inline uint64_t kernel_ticks(void) { __builtin_trap(); }
static inline uint64_t kernel_ticks_per_second(void) { __builtin_trap(); }
static inline void kernel_set_alarm(uint64_t ticks) { __builtin_trap(); }
static inline void kernel_mask_interrupts(void) { __builtin_trap(); }
static inline void kernel_unmask_interrupts(void) { __builtin_trap(); }
static inline void kernel_wait_for_interrupt(void) { __builtin_trap(); }

#endif
