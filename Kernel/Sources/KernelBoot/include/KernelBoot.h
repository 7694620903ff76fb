// What Swift cannot name: the boot code's results, system registers, and the instructions that leave
// the CPU. On other architectures, where the kernel's parts are tested but never booted, the
// functions trap.

#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <stddef.h>
#include <stdint.h>

#include "ExceptionFrame.h"

// memory.S; elsewhere the C library's.
void *memset(void *target, int value, size_t count);
void *memcpy(void *target, const void *source, size_t count);
void *memmove(void *target, const void *source, size_t count);
int memcmp(const void *left, const void *right, size_t count);

#if defined(__aarch64__)

// Written by boot.S before `main`.
struct kernel_boot_facts {
  uint64_t device_tree;      // where the device tree should be
  uint64_t exception_level;  // at which the CPU came to us
};

extern const struct kernel_boot_facts kernel_boot_facts;
extern uint64_t kernel_root_table[512];
extern uint64_t kernel_table_pool[], kernel_table_pool_end[];
extern const char __image_start[], __image_end[], __text_end[];
extern const uint64_t kernel_stack_table[4][3];

// Reads 32 bits of a device that may not be there; UINT64_MAX if the bus says that nobody answers.
uint64_t kernel_read_guarded(uintptr_t address);

// Calls a function on the stack of crashes, from its top.
void kernel_call_on_crash_stack(void (*function)(void));

// The frame record of the function that calls this.
uint64_t kernel_frame_pointer(void);

static inline uint64_t kernel_device_tree(void) { return kernel_boot_facts.device_tree; }
static inline uint64_t kernel_boot_level(void) { return kernel_boot_facts.exception_level; }
static inline uint64_t kernel_image_start(void) { return (uint64_t)(uintptr_t)__image_start; }
static inline uint64_t kernel_image_end(void) { return (uint64_t)(uintptr_t)__image_end; }
static inline uint64_t kernel_text_end(void) { return (uint64_t)(uintptr_t)__text_end; }
static inline uint64_t *kernel_tables(void) { return kernel_root_table; }
static inline uint64_t *kernel_spare_tables(void) { return kernel_table_pool; }
static inline size_t kernel_spare_table_count(void) {
  return (kernel_table_pool_end - kernel_table_pool) / 512;
}

// The stacks for everything, for interrupts, for faults and for crashes: where the guard of each starts, where the
// stack ends, and where it starts.
static inline const uint64_t *kernel_stacks(void) { return kernel_stack_table[0]; }

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

// Makes every CPU forget what an address led to: the entry was cleared before. All levels and all
// address space identifiers, as a table above it may have been cached too. When this returns, no
// access by the old entry is under way any more.
static inline void kernel_forget_mapping(uint64_t address) {
  __asm__ volatile("dsb ishst\n\ttlbi vaae1is, %0\n\tdsb ish\n\tisb"
                   :
                   : "r"(address >> 12 & 0xfffffffffff)
                   : "memory");
}

static inline void kernel_wait_for_interrupt(void) { __asm__ volatile("wfi" : : : "memory"); }

// What the vectors call for an interrupt; nothing until it is set. One CPU runs the kernel.
extern void (*volatile kernel_interrupt_handler)(uint64_t *frame);
static inline void kernel_set_interrupt_handler(void (*handler)(uint64_t *frame)) {
  kernel_interrupt_handler = handler;
}

// DAIF: bit 7 is the mask of interrupts. Memory accesses stay on the side of it that they are on.
static inline uint64_t kernel_interrupt_mask(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, daif" : "=r"(value) : : "memory");
  return value;
}
static inline void kernel_mask_interrupts(void) { __asm__ volatile("msr daifset, #2" : : : "memory"); }
static inline void kernel_unmask_interrupts(void) {
  __asm__ volatile("msr daifclr, #2" : : : "memory");
}
// All four: debug exceptions, system errors, interrupts and fast interrupts.
static inline void kernel_mask_exceptions(void) { __asm__ volatile("msr daifset, #15" : : : "memory"); }

// The virtual timer: raises its interrupt from this value of the counter on.
static inline void kernel_start_timer(uint64_t moment) {
  __asm__ volatile("msr cntv_cval_el0, %0\n\tmsr cntv_ctl_el0, %1\n\tisb"
                   :
                   : "r"(moment), "r"((uint64_t)1)
                   : "memory");
}
static inline void kernel_stop_timer(void) {
  __asm__ volatile("msr cntv_ctl_el0, xzr\n\tisb" : : : "memory");
}

// Every access before it has reached its device or memory.
static inline void kernel_synchronize(void) { __asm__ volatile("dsb sy" : : : "memory"); }

static inline uint64_t kernel_processor_affinity(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, mpidr_el1" : "=r"(value));
  return value;
}

// ID_AA64PFR0_EL1: bits 24 to 27 say whether the next registers are there.
static inline uint64_t kernel_processor_features(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, id_aa64pfr0_el1" : "=r"(value));
  return value;
}

// The interrupt controller's registers of this CPU, which assemblers name only where told to.
static inline uint64_t kernel_read_icc_iar1(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, s3_0_c12_c12_0\n\tdsb sy" : "=r"(value) : : "memory");
  return value;
}
#define KERNEL_WRITE_ICC(name, code)                                                               \
  static inline void kernel_write_icc_##name(uint64_t value) {                                     \
    __asm__ volatile("msr " code ", %0\n\tisb" : : "r"(value) : "memory");                         \
  }
KERNEL_WRITE_ICC(eoir1, "s3_0_c12_c12_1")
KERNEL_WRITE_ICC(bpr1, "s3_0_c12_c12_3")
KERNEL_WRITE_ICC(ctlr, "s3_0_c12_c12_4")
KERNEL_WRITE_ICC(sre, "s3_0_c12_c12_5")
KERNEL_WRITE_ICC(igrpen1, "s3_0_c12_c12_7")
KERNEL_WRITE_ICC(pmr, "s3_0_c4_c6_0")
#undef KERNEL_WRITE_ICC
static inline uint64_t kernel_read_icc_sre(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, s3_0_c12_c12_5" : "=r"(value));
  return value;
}

// Counts an event of the performance monitor from 0 on, in its first counter.
static inline void kernel_start_event_counter(uint64_t event) {
  __asm__ volatile(
      "msr pmevtyper0_el0, %0\n\tmsr pmevcntr0_el0, xzr\n\tmsr pmcntenset_el0, %1\n\t"
      "mrs x9, pmcr_el0\n\torr x9, x9, #1\n\tmsr pmcr_el0, x9\n\tisb"
      :
      : "r"(event), "r"((uint64_t)1)
      : "x9", "memory");
}
static inline uint64_t kernel_event_count(void) {
  uint64_t value;
  __asm__ volatile("isb\n\tmrs %0, pmevcntr0_el0" : "=r"(value) : : "memory");
  return value;
}

// CTR_EL0: the shape of the caches.
static inline uint64_t kernel_cache_type(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, ctr_el0" : "=r"(value));
  return value;
}

// DCZID_EL0: whether and how much `dc zva` clears.
static inline uint64_t kernel_zero_block(void) {
  uint64_t value;
  __asm__ volatile("mrs %0, dczid_el0" : "=r"(value));
  return value;
}

// One line of the data cache, to the point that devices see.
static inline void kernel_clean_line(uintptr_t line) {
  __asm__ volatile("dc cvac, %0" : : "r"(line) : "memory");
}
static inline void kernel_invalidate_line(uintptr_t line) {
  __asm__ volatile("dc ivac, %0" : : "r"(line) : "memory");
}
static inline void kernel_clean_and_invalidate_line(uintptr_t line) {
  __asm__ volatile("dc civac, %0" : : "r"(line) : "memory");
}

// Waits until all maintenance, and every access before it, has taken effect for everybody.
static inline void kernel_finish_maintenance(void) { __asm__ volatile("dsb sy" : : : "memory"); }

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
static inline uint64_t kernel_text_end(void) { __builtin_trap(); }
static inline uint64_t kernel_frame_pointer(void) { __builtin_trap(); }
static inline uint64_t kernel_read_guarded(uintptr_t address) { __builtin_trap(); }
static inline const uint64_t *kernel_stacks(void) { __builtin_trap(); }
static inline uint64_t *kernel_tables(void) { __builtin_trap(); }
static inline uint64_t *kernel_spare_tables(void) { __builtin_trap(); }
static inline size_t kernel_spare_table_count(void) { __builtin_trap(); }
static inline uint64_t kernel_counter(void) { __builtin_trap(); }
static inline uint64_t kernel_counter_frequency(void) { __builtin_trap(); }
static inline void kernel_publish_tables(void) {}
static inline void kernel_forget_mapping(uint64_t address) { (void)address; }
static inline uint64_t kernel_cache_type(void) { __builtin_trap(); }
static inline uint64_t kernel_zero_block(void) { __builtin_trap(); }
static inline void kernel_clean_line(uintptr_t line) { __builtin_trap(); }
static inline void kernel_invalidate_line(uintptr_t line) { __builtin_trap(); }
static inline void kernel_clean_and_invalidate_line(uintptr_t line) { __builtin_trap(); }
static inline void kernel_finish_maintenance(void) { __builtin_trap(); }
static inline void kernel_wait_for_interrupt(void) { __builtin_trap(); }
static inline void kernel_set_interrupt_handler(void (*handler)(uint64_t *frame)) {
  (void)handler;
  __builtin_trap();
}
static inline uint64_t kernel_interrupt_mask(void) { __builtin_trap(); }
static inline void kernel_mask_interrupts(void) { __builtin_trap(); }
static inline void kernel_unmask_interrupts(void) { __builtin_trap(); }
static inline void kernel_mask_exceptions(void) { __builtin_trap(); }
static inline void kernel_call_on_crash_stack(void (*function)(void)) {
  (void)function;
  __builtin_trap();
}
static inline void kernel_start_timer(uint64_t moment) { __builtin_trap(); }
static inline void kernel_stop_timer(void) { __builtin_trap(); }
static inline void kernel_synchronize(void) { __builtin_trap(); }
static inline uint64_t kernel_processor_affinity(void) { __builtin_trap(); }
static inline uint64_t kernel_processor_features(void) { __builtin_trap(); }
static inline uint64_t kernel_read_icc_iar1(void) { __builtin_trap(); }
static inline void kernel_write_icc_eoir1(uint64_t value) { __builtin_trap(); }
static inline void kernel_write_icc_bpr1(uint64_t value) { __builtin_trap(); }
static inline void kernel_write_icc_ctlr(uint64_t value) { __builtin_trap(); }
static inline void kernel_write_icc_sre(uint64_t value) { __builtin_trap(); }
static inline void kernel_write_icc_igrpen1(uint64_t value) { __builtin_trap(); }
static inline void kernel_write_icc_pmr(uint64_t value) { __builtin_trap(); }
static inline uint64_t kernel_read_icc_sre(void) { __builtin_trap(); }
static inline void kernel_start_event_counter(uint64_t event) { __builtin_trap(); }
static inline uint64_t kernel_event_count(void) { __builtin_trap(); }
static inline uint64_t kernel_call_hvc(uint64_t function) { __builtin_trap(); }
static inline uint64_t kernel_call_smc(uint64_t function) { __builtin_trap(); }

#endif

#endif
