// What Swift cannot name: the boot code's results, system registers, and the instructions that leave
// the CPU. On other architectures, where the kernel's parts are tested but never booted, the
// functions trap.

#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <stdint.h>

#if defined(__aarch64__)

// Written by boot.S before `main`.
struct kernel_boot_facts {
  uint64_t device_tree;      // where the device tree should be
  uint64_t exception_level;  // at which the CPU came to us
};

extern const struct kernel_boot_facts kernel_boot_facts;
extern uint64_t kernel_root_table[512];
extern uint64_t kernel_table_pool[8][512];
extern const char __image_start[], __image_end[];

static inline uint64_t kernel_device_tree(void) { return kernel_boot_facts.device_tree; }
static inline uint64_t kernel_boot_level(void) { return kernel_boot_facts.exception_level; }
static inline uint64_t kernel_image_start(void) { return (uint64_t)(uintptr_t)__image_start; }
static inline uint64_t kernel_image_end(void) { return (uint64_t)(uintptr_t)__image_end; }
static inline uint64_t *kernel_tables(void) { return kernel_root_table; }
static inline uint64_t *kernel_spare_tables(void) { return kernel_table_pool[0]; }

// The counter may be read early, before instructions that come before: hence the barrier.
static inline uint64_t kernel_counter(void) {
  uint64_t value;
  __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value) : : "memory");
  return value;
}

static inline uint64_t kernel_counter_frequency(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
  return value;
}

// Makes new page table entries known before anything uses them.
static inline void kernel_publish_tables(void) {
  __asm__ volatile("dsb ishst\n\tisb" : : : "memory");
}

static inline void kernel_wait_for_interrupt(void) { __asm__ volatile("wfi" : : : "memory"); }

#define KERNEL_FIRMWARE_CALL(conduit)                                                              \
  static inline uint64_t kernel_call_##conduit(uint64_t function) {                                \
    register uint64_t x0 __asm__("x0") = function;                                                 \
    register uint64_t x1 __asm__("x1") = 0;                                                        \
    register uint64_t x2 __asm__("x2") = 0;                                                        \
    register uint64_t x3 __asm__("x3") = 0;                                                        \
    __asm__ volatile(#conduit " #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");         \
    return x0;                                                                                     \
  }

KERNEL_FIRMWARE_CALL(hvc)
KERNEL_FIRMWARE_CALL(smc)

#undef KERNEL_FIRMWARE_CALL

#else

static inline uint64_t kernel_device_tree(void) { __builtin_trap(); }
static inline uint64_t kernel_boot_level(void) { __builtin_trap(); }
static inline uint64_t kernel_image_start(void) { __builtin_trap(); }
static inline uint64_t kernel_image_end(void) { __builtin_trap(); }
static inline uint64_t *kernel_tables(void) { __builtin_trap(); }
static inline uint64_t *kernel_spare_tables(void) { __builtin_trap(); }
static inline uint64_t kernel_counter(void) { __builtin_trap(); }
static inline uint64_t kernel_counter_frequency(void) { __builtin_trap(); }
static inline void kernel_publish_tables(void) {}
static inline void kernel_wait_for_interrupt(void) { __builtin_trap(); }
static inline uint64_t kernel_call_hvc(uint64_t function) { __builtin_trap(); }
static inline uint64_t kernel_call_smc(uint64_t function) { __builtin_trap(); }

#endif

#endif
