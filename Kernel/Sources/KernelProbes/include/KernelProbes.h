// Counts the instructions of a stretch of code without those that spin on a device.
//
// What the first counter of the performance monitor counts is chosen elsewhere. On other architectures,
// where nothing is measured, the functions do nothing.

#ifndef KERNEL_PROBES_H
#define KERNEL_PROBES_H

#include <stdint.h>

#if defined(__aarch64__)

// The counts, of 32 bits, at the start, at the stop, at the first start of a spin and at its last end;
// the last two are 0 if there was none.
extern volatile uint64_t kernel_probe_record[4];

// Around what is measured.
void kernel_probe_start(void);
void kernel_probe_stop(void);

// Around each spin on the device.
void kernel_probe_spin_start(void);
void kernel_probe_spin_end(void);

static inline uint32_t kernel_probe_count(void) {
  return (uint32_t)(kernel_probe_record[1] - kernel_probe_record[0]);
}
static inline uint32_t kernel_probe_spin_count(void) {
  return (uint32_t)(kernel_probe_record[3] - kernel_probe_record[2]);
}

#else

static inline void kernel_probe_start(void) {}
static inline void kernel_probe_stop(void) {}
static inline void kernel_probe_spin_start(void) {}
static inline void kernel_probe_spin_end(void) {}
static inline uint32_t kernel_probe_count(void) { return 0; }
static inline uint32_t kernel_probe_spin_count(void) { return 0; }

#endif

#endif
